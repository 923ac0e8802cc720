package io.ovation.packages.worker;

import io.ovation.packages.proto.PackageRequest;
import io.ovation.packages.proto.PackagesProducer;
import io.ovation.queue.Broker;
import io.ovation.queue.Lane;
import io.ovation.queue.typed.EnqueueOptions;
import io.vertx.core.Future;
import java.time.Duration;

/**
 * Puts a package's item back into the queue, to come again after a while, here or on another node.
 * Whoever asks acks the item it has only after that, so that at no moment there is none.
 */
public final class DelayedRequeue {
  private final PackagesProducer producer;

  public DelayedRequeue(PackagesProducer producer) {
    this.producer = producer;
  }

  /**
   * Completes when the item is durable. The partitions take turns, so that it may get to a worker
   * that can do more for it.
   *
   * @param delayMs not above {@link Broker#MAX_DELAY}, else that
   */
  public Future<Void> put(PackageRequest request, Lane lane, long delayMs) {
    long bounded = Math.min(Math.max(0, delayMs), Broker.MAX_DELAY.toMillis());
    EnqueueOptions options =
        EnqueueOptions.none().withLane(lane).withDelay(Duration.ofMillis(bounded));
    return producer.enqueueProcess(request, options).mapEmpty();
  }
}
