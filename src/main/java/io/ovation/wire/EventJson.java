package io.ovation.wire;

import com.google.protobuf.UnsafeByteOperations;
import io.ovation.wire.proto.Event;
import java.nio.charset.StandardCharsets;

/**
 * Completes an event's JSON with its offset. The offset is its last field, so the JSON is encoded
 * before the offset is known and stored without it.
 */
public final class EventJson {
  private EventJson() {}

  /** The event's JSON up to and including {@code "offset":}. */
  public static byte[] body(Event event) {
    int digits = Long.toString(event.getOffset()).length();
    return event.getJson().substring(0, event.getJson().size() - digits - 1).toByteArray();
  }

  /**
   * @param body the JSON up to and including {@code "offset":}
   */
  public static Event event(String user, String id, byte[] body, long offset) {
    return complete(Event.newBuilder().setUser(user).setId(id).build(), body, offset);
  }

  /**
   * @param content the event's other fields
   * @param body the JSON up to and including {@code "offset":}
   */
  public static Event complete(Event content, byte[] body, long offset) {
    byte[] digits = Long.toString(offset).getBytes(StandardCharsets.US_ASCII);
    byte[] json = new byte[body.length + digits.length + 1];
    System.arraycopy(body, 0, json, 0, body.length);
    System.arraycopy(digits, 0, json, body.length, digits.length);
    json[json.length - 1] = '}';
    return content.toBuilder()
        .setOffset(offset)
        .setJson(UnsafeByteOperations.unsafeWrap(json))
        .build();
  }
}
