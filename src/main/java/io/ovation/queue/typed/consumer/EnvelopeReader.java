package io.ovation.queue.typed.consumer;

import com.google.protobuf.InvalidProtocolBufferException;
import io.ovation.queue.proto.QueueItem;
import io.ovation.queue.typed.PoisonItem;
import io.ovation.queue.typed.PoisonItem.Reason;
import java.util.regex.Pattern;

/** Reads envelopes, and says in a dead letter's words what is wrong with one. */
public final class EnvelopeReader {
  // A peer's strings go into logs and dead letters; this much of one identifies it.
  private static final int SHOWN = 80;
  private static final Pattern CONTROL = Pattern.compile("\\p{Cntrl}");

  private EnvelopeReader() {}

  public static QueueItem read(byte[] bytes) {
    try {
      return QueueItem.parseFrom(bytes);
    } catch (InvalidProtocolBufferException e) {
      throw new PoisonItem(
          Reason.CORRUPT_ENVELOPE,
          bytes.length + " bytes that are not a QueueItem: " + e.getMessage());
    }
  }

  public static void requireService(QueueItem item, String service) {
    if (!item.getService().equals(service)) {
      throw unknownService(item, service);
    }
  }

  static PoisonItem unknownService(QueueItem item, Object known) {
    return new PoisonItem(
        Reason.UNKNOWN_SERVICE,
        "service \"" + shown(item.getService()) + "\" is not served here, only " + known);
  }

  public static PoisonItem unknownMethod(QueueItem item, Object known) {
    return new PoisonItem(
        Reason.UNKNOWN_METHOD,
        "service "
            + item.getService()
            + " has no method \""
            + shown(item.getMethod())
            + "\" here, only "
            + known);
  }

  /** A peer's text as it may stand in a line of log: cut, and on that line. */
  static String shown(String text) {
    String cut = text.length() <= SHOWN ? text : text.substring(0, SHOWN) + "…";
    return CONTROL.matcher(cut).replaceAll("?");
  }
}
