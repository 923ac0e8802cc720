package io.ovation.queue;

import org.jspecify.annotations.Nullable;

/**
 * Why and when an item was given up. Texts are cut where they get longer than a person reads: they
 * travel as message headers, which must fit into one AMQP frame (128 KiB by default).
 *
 * @param reason for a person; cut at 2,000 characters
 * @param stack where it failed, or null; cut at 8,000 characters
 * @param attempts how often it was tried; 0 if that is not known
 * @param firstMs when it was tried first, in milliseconds since 1970; 0: when it was given up
 */
public record FailureDetails(String reason, @Nullable String stack, int attempts, long firstMs) {
  private static final int REASON = 2_000;
  private static final int STACK = 8_000;

  public FailureDetails {
    reason = cut(reason, REASON);
    stack = stack == null ? null : cut(stack, STACK);
  }

  /** Nothing but the reason is known. */
  public static FailureDetails of(String reason) {
    return new FailureDetails(reason, null, 0, 0);
  }

  /** When it was tried first, if it is given up at {@code nowMs}. */
  public long firstMs(long nowMs) {
    return firstMs == 0 ? nowMs : firstMs;
  }

  private static String cut(String text, int length) {
    return text.length() <= length ? text : text.substring(0, length) + "…";
  }
}
