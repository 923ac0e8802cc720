package io.ovation.queue;

import io.vertx.core.Context;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;

/**
 * What one subscription has for its handler. Deliveries gather here while the handler's context is
 * busy and reach it as one list. Holds at most the prefetch. Any thread.
 */
public final class DeliveryBuffer {
  private final Context context;
  private final DeliveryHandler handler;
  private final QueueMetrics metrics;
  private List<Delivery> items = new ArrayList<>();
  private boolean resetting;
  private boolean scheduled;
  private boolean closed;

  public DeliveryBuffer(Context context, DeliveryHandler handler, QueueMetrics metrics) {
    this.context = context;
    this.handler = handler;
    this.metrics = metrics;
  }

  /** In the queue's order. */
  public void add(List<Delivery> more) {
    boolean wake;
    synchronized (this) {
      items.addAll(more);
      wake = schedule();
    }
    wake(wake);
  }

  /** Drops what was not handed over yet and tells the handler to forget what was. */
  public void reset() {
    boolean wake;
    synchronized (this) {
      items = new ArrayList<>();
      resetting = true;
      wake = schedule();
    }
    wake(wake);
  }

  /** From now on nothing is handed over; a call that runs just now ends by itself. */
  public synchronized void close() {
    closed = true;
    items = new ArrayList<>();
  }

  private boolean schedule() {
    boolean wake = !scheduled && !closed;
    scheduled |= wake;
    return wake;
  }

  private void wake(boolean wake) {
    if (wake) {
      try {
        context.runOnContext(v -> handOver());
      } catch (RejectedExecutionException stopping) {
        close();
      }
    }
  }

  private void handOver() {
    List<Delivery> batch;
    boolean reset;
    synchronized (this) {
      scheduled = false;
      if (closed) {
        return;
      }
      batch = items;
      items = new ArrayList<>();
      reset = resetting;
      resetting = false;
    }
    if (reset) {
      handler.reset();
    }
    if (!batch.isEmpty()) {
      metrics.delivered.increment(batch.size());
      metrics.redelivered.increment(batch.stream().filter(Delivery::redelivered).count());
      handler.deliver(batch);
    }
  }
}
