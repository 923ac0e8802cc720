package io.ovation.queue.typed;

import java.util.Locale;

/** An item that no attempt can ever handle. It becomes a dead letter without another attempt. */
public class PoisonItem extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** What is wrong with it. */
  public enum Reason {
    /** The bytes are not a {@code QueueItem}. */
    CORRUPT_ENVELOPE,
    /** It names a service that is not this queue's. */
    UNKNOWN_SERVICE,
    /** It names a method that the service does not have. */
    UNKNOWN_METHOD,
    /** The payload is not the method's request. */
    BAD_PAYLOAD;

    /** As it is spelled in metrics and dead letters: {@code bad_payload}. */
    public String text() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private final Reason reason;

  public PoisonItem(Reason reason, String detail) {
    super(reason.text() + ": " + detail, null, false, false);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }
}
