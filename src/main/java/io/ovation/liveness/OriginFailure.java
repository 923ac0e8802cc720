package io.ovation.liveness;

import java.util.Locale;

/** The origin did not say whether an object is online. */
final class OriginFailure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** What went wrong; few, for labels. */
  enum Kind {
    /** No connection, or it broke. */
    CONNECTION,
    /** No whole answer in time. */
    TIMEOUT,
    /** 5xx. */
    SERVER_ERROR,
    /** Any other status but 200. */
    STATUS,
    /** 200, but not with what was asked for. */
    BODY;

    /** Whether it is the origin that is in trouble, and not one object. */
    boolean isOrigins() {
      return this == CONNECTION || this == TIMEOUT || this == SERVER_ERROR;
    }

    String text() {
      return name().toLowerCase(Locale.ROOT);
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
