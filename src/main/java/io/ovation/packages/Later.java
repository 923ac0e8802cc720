package io.ovation.packages;

import io.ovation.packages.proto.PackageRequest;
import io.ovation.packages.proto.PackagesQueue;
import io.ovation.queue.Broker;
import io.ovation.queue.Lane;
import io.ovation.queue.Partitions;
import io.ovation.queue.QueueName;
import io.ovation.queue.proto.QueueItem;
import io.vertx.core.Future;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Puts a package's item back into the queue, to come again after a while, here or on another node.
 * Whoever asks acks the item it has only after that, so that at no moment there is none.
 */
final class Later {
  private final Broker broker;
  private final Partitions partitions;
  private final InstantSource clock;

  Later(Broker broker, Partitions partitions, InstantSource clock) {
    this.broker = broker;
    this.partitions = partitions;
    this.clock = clock;
  }

  /**
   * Completes when the item is durable. A partition by chance, so that it may get to a worker that
   * can do more for it.
   *
   * @param delayMs not above {@link Broker#MAX_DELAY}, else that
   */
  Future<Void> put(PackageRequest request, Lane lane, long delayMs) {
    var method = PackagesQueue.PROCESS;
    QueueItem item =
        QueueItem.newBuilder()
            .setService(method.service())
            .setMethod(method.name())
            .setPayload(request.toByteString())
            .setId(request.getId())
            .setCreatedAtMs(clock.millis())
            .build();
    QueueName to =
        new QueueName(
            PackagesQueue.contract().queue(),
            lane,
            ThreadLocalRandom.current().nextInt(partitions.count()));
    long bounded = Math.min(Math.max(0, delayMs), Broker.MAX_DELAY.toMillis());
    return broker.publish(to, item.toByteArray(), Duration.ofMillis(bounded));
  }
}
