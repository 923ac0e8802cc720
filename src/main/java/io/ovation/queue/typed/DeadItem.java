package io.ovation.queue.typed;

import com.google.protobuf.InvalidProtocolBufferException;
import io.ovation.queue.proto.QueueItem;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The envelope of a dead letter, whatever service it was for.
 *
 * @param payload the request, serialised
 */
public record DeadItem(
    String service,
    String method,
    String id,
    String key,
    long createdAtMs,
    Map<String, String> headers,
    byte[] payload) {

  /** Null if the bytes are no envelope: that is why they died. */
  public static @Nullable DeadItem read(byte[] body) {
    try {
      QueueItem item = QueueItem.parseFrom(body);
      return new DeadItem(
          item.getService(),
          item.getMethod(),
          item.getId(),
          item.getKey(),
          item.getCreatedAtMs(),
          item.getHeadersMap(),
          item.getPayload().toByteArray());
    } catch (InvalidProtocolBufferException e) {
      return null;
    }
  }

  /**
   * The bytes as they are to be sent back: as if enqueued at {@code nowMs} with no attempt made, so
   * that neither the failures before nor its time to live end it at once. What is no envelope stays
   * as it is.
   */
  public static byte[] renewed(byte[] body, long nowMs) {
    try {
      return QueueItem.parseFrom(body).toBuilder()
          .setAttempt(0)
          .setNotBeforeMs(0)
          .setCreatedAtMs(nowMs)
          .build()
          .toByteArray();
    } catch (InvalidProtocolBufferException e) {
      return body;
    }
  }
}
