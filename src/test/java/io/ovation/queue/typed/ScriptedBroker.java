package io.ovation.queue.typed;

import com.google.protobuf.InvalidProtocolBufferException;
import io.ovation.queue.Broker;
import io.ovation.queue.DeadLetters;
import io.ovation.queue.Delivery;
import io.ovation.queue.DeliveryHandler;
import io.ovation.queue.FailureDetails;
import io.ovation.queue.Lane;
import io.ovation.queue.QueueBounds;
import io.ovation.queue.QueueName;
import io.ovation.queue.Subscription;
import io.ovation.queue.proto.QueueItem;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** A broker that the test scripts: it delivers, and reads what was published, acked and failed. */
public final class ScriptedBroker implements Broker {
  public record Published(QueueName to, byte[] item, Duration delay) {
    public QueueItem envelope() {
      try {
        return QueueItem.parseFrom(item);
      } catch (InvalidProtocolBufferException e) {
        throw new AssertionError(e);
      }
    }
  }

  public final List<Published> published = new CopyOnWriteArrayList<>();

  /** Answers to the next publishes, in order; success when there is none. */
  public final Queue<Future<Void>> answers = new ConcurrentLinkedQueue<>();

  public final List<Long> acked = new CopyOnWriteArrayList<>();
  public final Map<Long, String> dead = new ConcurrentHashMap<>();
  public final Map<Long, FailureDetails> failures = new ConcurrentHashMap<>();
  public final List<QueueName> closed = new CopyOnWriteArrayList<>();

  /** How many moves to the dead letters are refused first. */
  public final AtomicInteger deadLetterRefusals = new AtomicInteger();

  private final Map<QueueName, DeliveryHandler> handlers = new ConcurrentHashMap<>();
  private long tag;

  public Set<QueueName> consumed() {
    return handlers.keySet();
  }

  /** On the consumer's context. */
  public long deliver(QueueName queue, byte[] item) {
    handler(queue).deliver(List.of(new Delivery(item, false, ++tag, 1)));
    return tag;
  }

  /** On the consumer's context. */
  public void reset(QueueName queue) {
    handler(queue).reset();
  }

  private DeliveryHandler handler(QueueName queue) {
    return Objects.requireNonNull(handlers.get(queue), () -> queue + " is not consumed");
  }

  @Override
  public Subscription consume(QueueName from, int prefetch, DeliveryHandler handler) {
    handlers.put(from, handler);
    return new Subscription() {
      @Override
      public void ack(Delivery delivery) {
        acked.add(delivery.tag());
      }

      @Override
      public void ackThrough(Delivery delivery) {
        acked.add(delivery.tag());
      }

      @Override
      public Future<Void> deadLetter(Delivery delivery, FailureDetails failure) {
        if (deadLetterRefusals.getAndDecrement() > 0) {
          return Future.failedFuture("unavailable");
        }
        failures.put(delivery.tag(), failure);
        dead.put(delivery.tag(), failure.reason());
        return Future.succeededFuture();
      }

      @Override
      public Future<Void> close() {
        closed.add(from);
        handlers.remove(from);
        return Future.succeededFuture();
      }
    };
  }

  @Override
  public Future<Void> declareOutbox(String target, int partitions, QueueBounds bounds) {
    return Future.succeededFuture();
  }

  @Override
  public Future<Void> publish(QueueName to, byte[] item) {
    return publish(to, item, Duration.ZERO);
  }

  @Override
  public Future<Void> publish(QueueName to, byte[] item, Duration delay) {
    Broker.checkDelay(delay);
    published.add(new Published(to, item, delay));
    Future<Void> answer = answers.poll();
    return answer == null ? Future.succeededFuture() : answer;
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
  public Future<Long> depth(QueueName queue) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Set<String> queues() {
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
