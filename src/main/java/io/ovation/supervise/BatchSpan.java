package io.ovation.supervise;

import io.ovation.trace.TraceSpan;
import io.ovation.trace.Traces;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The span of one batch on this node: from its arrival to its write to the last viewer. Whoever
 * still has to write holds it. Any thread.
 */
final class BatchSpan {
  private final TraceSpan span;
  private final AtomicInteger holders = new AtomicInteger(1);
  private final AtomicLong viewers = new AtomicLong();

  private BatchSpan(TraceSpan span) {
    this.span = span;
  }

  /** Held by the caller; null if the batch is not traced. */
  static @Nullable BatchSpan begin(String traceparent, int partition) {
    TraceSpan span = Traces.follow("write", TraceSpan.Kind.CONSUMER, traceparent);
    return span == null ? null : new BatchSpan(span.set("ovation.partition", partition));
  }

  void hold() {
    holders.incrementAndGet();
  }

  /** Holds it until the returned task runs, which then runs {@code task}. */
  Runnable holdUntil(Runnable task) {
    hold();
    return () -> {
      release(0);
      task.run();
    };
  }

  /**
   * @param written viewers that the holder wrote to
   */
  void release(int written) {
    long all = viewers.addAndGet(written);
    if (holders.decrementAndGet() == 0) {
      span.set("ovation.viewers", all).end();
    }
  }
}
