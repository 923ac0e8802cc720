package io.ovation.queue;

import io.vertx.core.Context;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;

/**
 * Deliveries of one subscription on their way to its handler. They gather here while the handler's
 * context is busy and reach it as one list. Holds at most the prefetch. Any thread.
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

  /** Adds deliveries in the queue's order. */
  public void add(List<Delivery> more) {
    synchronized (this) {
      items.addAll(more);
    }
    schedule();
  }

  /** Drops deliveries that the handler has not received, and resets the handler. */
  public void reset() {
    synchronized (this) {
      items = new ArrayList<>();
      resetting = true;
    }
    schedule();
  }

  /** Drops all deliveries from now on; does not wait for a running call of the handler. */
  public synchronized void close() {
    closed = true;
    items = new ArrayList<>();
  }

  private void schedule() {
    synchronized (this) {
      if (scheduled || closed) {
        return;
      }
      scheduled = true;
    }
    try {
      context.runOnContext(v -> deliver());
    } catch (RejectedExecutionException stopping) {
      close();
    }
  }

  private void deliver() {
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
