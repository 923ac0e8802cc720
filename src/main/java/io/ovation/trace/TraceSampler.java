package io.ovation.trace;

import io.ovation.queue.typed.TraceContext;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Decides where a trace enters whether it is recorded: as the caller says, else one in a number of
 * requests. In either case a limit per second holds, since a caller may say that all of its
 * requests are sampled. Any thread.
 */
final class TraceSampler {
  private static final int SAMPLED = 1;

  private final int oneIn;
  private final int perSecond;
  private final LongSupplier nanos;

  /** The second that is counted in the upper half, and the traces that began in it in the lower. */
  private final AtomicLong window = new AtomicLong();

  TraceSampler(int oneIn, int perSecond, LongSupplier nanos) {
    this.oneIn = oneIn;
    this.perSecond = perSecond;
    this.nanos = nanos;
  }

  /**
   * @param caller where the caller is in its own trace; null if it has none
   */
  boolean samples(@Nullable TraceContext caller) {
    boolean wanted =
        caller == null ? ThreadLocalRandom.current().nextInt(oneIn) == 0 : sampled(caller);
    return wanted && take();
  }

  static boolean sampled(TraceContext at) {
    return (Integer.parseInt(at.flags(), 16) & SAMPLED) != 0;
  }

  private boolean take() {
    long second = nanos.getAsLong() / TimeUnit.SECONDS.toNanos(1) << 32;
    long after =
        window.updateAndGet(
            before -> {
              boolean same = (before ^ second) >>> 32 == 0;
              return same ? Math.min(before + 1, second | perSecond + 1L) : second | 1;
            });
    return (int) after <= perSecond;
  }
}
