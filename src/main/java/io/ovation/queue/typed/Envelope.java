package io.ovation.queue.typed;

import com.google.protobuf.InvalidProtocolBufferException;
import io.ovation.queue.proto.QueueItem;
import io.ovation.queue.typed.PoisonItem.Reason;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads the bytes of a {@code QueueItem}, and describes what is wrong with one. Any thread. */
public final class Envelope {
  // A peer's strings are written to logs and dead letters; this much of one identifies it.
  private static final int SHOWN = 80;
  private static final Pattern CONTROL = Pattern.compile("\\p{Cntrl}");

  private Envelope() {}

  /** Throws {@link PoisonItem} if the bytes are no item. */
  public static QueueItem read(byte[] bytes) {
    try {
      return QueueItem.parseFrom(bytes);
    } catch (InvalidProtocolBufferException e) {
      String fault = bytes.length + " bytes that are not a QueueItem: " + e.getMessage();
      throw new PoisonItem(Reason.CORRUPT_ENVELOPE, fault);
    }
  }

  static QueueItem read(byte[] bytes, String service) {
    QueueItem item = read(bytes);
    if (!item.getService().equals(service)) {
      throw unknownService(item, service);
    }
    return item;
  }

  /** Null if the bytes are no item: a dead letter may be one for that very reason. */
  public static @Nullable QueueItem readOrNull(byte[] bytes) {
    try {
      return QueueItem.parseFrom(bytes);
    } catch (InvalidProtocolBufferException e) {
      return null;
    }
  }

  /**
   * A dead letter's bytes as they are to be sent back: as if enqueued at {@code nowMs}, with no
   * attempt made, so that neither earlier failures nor its time to live end it at once. Bytes that
   * are no item stay as they are.
   */
  public static byte[] renewed(byte[] body, long nowMs) {
    QueueItem item = readOrNull(body);
    if (item == null) {
      return body;
    }
    var renewed =
        item.toBuilder().setAttempt(0).setNotBeforeMs(0).setCreatedAtMs(nowMs).clearWaitMs();
    return renewed.build().toByteArray();
  }

  public static PoisonItem unknownService(QueueItem item, Object known) {
    return new PoisonItem(
        Reason.UNKNOWN_SERVICE,
        "service \"" + shown(item.getService()) + "\" is not served here, only " + known);
  }

  static PoisonItem unknownMethod(QueueItem item, Object known) {
    return new PoisonItem(
        Reason.UNKNOWN_METHOD,
        "service %s has no method \"%s\" here, only %s"
            .formatted(item.getService(), shown(item.getMethod()), known));
  }

  /** A peer's text as it may be written to a line of log: cut, and without line breaks. */
  public static String shown(String text) {
    String cut = text.length() <= SHOWN ? text : text.substring(0, SHOWN) + "…";
    return CONTROL.matcher(cut).replaceAll("?");
  }
}
