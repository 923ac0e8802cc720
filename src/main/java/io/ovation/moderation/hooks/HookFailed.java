package io.ovation.moderation.hooks;

/** There is no valid answer of a hook, so that {@code hooks.on_timeout} takes effect. */
final class HookFailed extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Why; also a metric's label. */
  enum Kind {
    /** No complete answer in time. */
    TIMEOUT,
    /** No connection, or it was lost. */
    CONNECTION,
    /** Another status than 200. */
    STATUS,
    /** 200, but not with a valid answer. */
    INVALID,
    /** Too many calls in flight. */
    BUSY,
    /** The breaker is open. */
    OPEN
  }

  final Kind kind;

  HookFailed(Kind kind, String message) {
    super(message, null, false, false);
    this.kind = kind;
  }
}
