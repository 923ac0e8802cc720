package io.ovation.queue;

import org.jspecify.annotations.Nullable;

/**
 * Why and when an item became a dead letter. Texts are cut: they travel as message headers, which
 * must fit into one AMQP frame (128 KiB by default).
 *
 * @param reason for a person; cut at 2,000 characters
 * @param stack the stack trace of the failure, or null; cut at 8,000 characters
 * @param attempts how many attempts failed; 0 if unknown
 * @param firstMs when it was enqueued or first attempted, in milliseconds since 1970; 0 if unknown
 */
public record FailureDetails(String reason, @Nullable String stack, int attempts, long firstMs) {
  private static final int MAX_REASON = 2_000;
  private static final int MAX_STACK = 8_000;

  public FailureDetails {
    reason = cut(reason, MAX_REASON);
    stack = stack == null ? null : cut(stack, MAX_STACK);
  }

  /** Details of which only the reason is known. */
  public static FailureDetails of(String reason) {
    return new FailureDetails(reason, null, 0, 0);
  }

  /** The first time, or {@code nowMs} if it is unknown. */
  public long firstMs(long nowMs) {
    return firstMs == 0 ? nowMs : firstMs;
  }

  private static String cut(String text, int length) {
    return text.length() <= length ? text : text.substring(0, length) + "…";
  }
}
