package io.ovation.liveness;

/** The origin did not say whether an object is online. */
final class OriginFailure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** What went wrong; also a metric's label. */
  enum Kind {
    /** The connection failed. */
    CONNECTION,
    /** No complete answer in time. */
    TIMEOUT,
    /** 5xx. */
    SERVER_ERROR,
    /** Any other status but 200. */
    STATUS,
    /** 200, but not with the expected body. */
    BODY;

    /** Whether the origin as a whole fails, not only the check of one object. */
    boolean isOrigins() {
      return this == CONNECTION || this == TIMEOUT || this == SERVER_ERROR;
    }
  }

  private final Kind kind;

  OriginFailure(Kind kind, String message) {
    super(message, null, false, false);
    this.kind = kind;
  }

  Kind kind() {
    return kind;
  }
}
