package io.ovation.dispatch.comments;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Finds the item that makes a partition's comments fail each time it is dispatched. It remembers
 * the first unacked item of each failure, across the ownerships of this dispatcher. After {@link
 * #ALONE} failures in a row with the same one, items are dispatched one at a time, so that each
 * later failure has one possible cause: the first unacked item. After {@link #LIMIT} failures in a
 * row with the same one, it is given up. On the dispatcher's context.
 */
public final class FailingItem {
  static final int ALONE = 2;
  static final int LIMIT = 3;

  private byte @Nullable [] first;
  private int inARow;
  private String cause = "";

  /** Items that are still to be dispatched alone. */
  private int alone;

  /**
   * @param firstUnacked the body of the item
   * @param unacked items that may have been taken at most: the cause is one of them
   */
  void failed(byte[] firstUnacked, Throwable failure, int unacked) {
    inARow = Arrays.equals(firstUnacked, first) ? inARow + 1 : 1;
    first = firstUnacked;
    cause = failure.toString();
    if (inARow >= ALONE || alone > 0) {
      alone = unacked;
    }
  }

  boolean oneAtATime() {
    return alone > 0;
  }

  /** Why the item must not be dispatched; null if it may be. */
  @Nullable String refusal(byte[] item) {
    return inARow >= LIMIT && Arrays.equals(item, first)
        ? "its partition failed %d times when it was dispatched: %s".formatted(inARow, cause)
        : null;
  }

  /** Items were acked, the first unacked one among them. */
  void acked() {
    first = null;
    inARow = 0;
    alone = Math.max(0, alone - 1);
  }
}
