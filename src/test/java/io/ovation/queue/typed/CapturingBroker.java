package io.ovation.queue.typed;

import io.ovation.queue.Broker;
import io.ovation.queue.DeadLetters;
import io.ovation.queue.DeliveryHandler;
import io.ovation.queue.Lane;
import io.ovation.queue.QueueName;
import io.ovation.queue.Subscription;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Remembers what was published, and answers as told. */
final class CapturingBroker implements Broker {
  record Published(QueueName to, byte[] item) {}

  final List<Published> published = new ArrayList<>();
  Future<Void> answer = Future.succeededFuture();

  @Override
  public Future<Void> publish(QueueName to, byte[] item) {
    published.add(new Published(to, item));
    return answer;
  }

  @Override
  public Future<Void> publish(QueueName to, byte[] item, Duration delay) {
    throw new UnsupportedOperationException();
  }

  @Override
  public DeadLetters deadLetters(String queue) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Future<Void> declare(String queue, Set<Lane> lanes, int partitions) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Subscription consume(QueueName from, int prefetch, DeliveryHandler handler) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Future<Long> depth(QueueName queue) {
    throw new UnsupportedOperationException();
  }

  @Override
  public boolean available() {
    return true;
  }

  @Override
  public Future<Void> close() {
    return Future.succeededFuture();
  }
}
