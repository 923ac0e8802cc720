package io.ovation.queue.typed.consumer;

import io.ovation.queue.Delivery;
import io.ovation.queue.proto.QueueItem;
import io.ovation.queue.typed.Envelope;
import io.ovation.queue.typed.Item;

/** One delivered item on its way to an ack. Used on the consumer's context only. */
final class InFlightItem {
  /** Where it is. */
  enum State {
    /** Behind another item of its key. */
    BLOCKED,
    /** In its lane, for a free slot. */
    READY,
    /** Between two attempts, or before its time. */
    PAUSED,
    RUNNING,
    /** Being published with a delay. */
    REQUEUING,
    /** Acked, on its way to the dead letters, or back with the queue. */
    DONE;

    /** Whether something is in progress that ends in an ack. */
    boolean busy() {
      return this == RUNNING || this == REQUEUING;
    }
  }

  // A peer may write any number; above this they all mean too many.
  private static final int MAX_FAILURES = 1_000_000;

  final PartitionSubscription source;
  final Delivery delivery;
  final Item<?> item;
  final String key;
  State state = State.READY;
  int failures;
  long timer;

  InFlightItem(PartitionSubscription source, Delivery delivery, Item<?> item) {
    this.source = source;
    this.delivery = delivery;
    this.item = item;
    this.key = item.meta().key();
    this.failures = Math.max(0, Math.min(item.meta().attempt(), MAX_FAILURES));
  }

  boolean expired(long nowMs) {
    return item.policy().expired(item.meta().createdAtMs(), nowMs);
  }

  /**
   * How long it must wait until it is due: by this process's clock, but no longer than the item
   * says. A clock that is wrong by a day must not make it wait for a day.
   */
  long waitMs(long nowMs) {
    long due = item.meta().notBeforeMs();
    if (due <= nowMs) {
      return 0;
    }
    QueueItem envelope = Envelope.read(delivery.body());
    long ms = due - nowMs;
    return envelope.hasWaitMs() ? Math.min(ms, envelope.getWaitMs()) : ms;
  }

  /** Whether an ack still has an effect. */
  boolean held() {
    return source.unacked.contains(this);
  }

  /** Its method and id, for logs. */
  @Override
  public String toString() {
    return item.method() + " " + Envelope.shown(item.meta().id());
  }
}
