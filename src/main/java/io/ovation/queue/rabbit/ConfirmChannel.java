package io.ovation.queue.rabbit;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Channel;
import io.vertx.core.Promise;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A channel in confirm mode and the items published on it that are not confirmed yet. A new channel
 * gets a new instance: its sequence numbers begin at 1 again, and must never confirm what the old
 * one lost.
 */
final class ConfirmChannel {
  private static final int ABORT_MS = 2000;

  private final Channel channel;
  private final @Nullable CorkableFrameHandler frames;
  private final ConcurrentNavigableMap<Long, PendingPublish> outstanding =
      new ConcurrentSkipListMap<>();

  /** Queues that items were published to. Publisher's thread. */
  private final Set<String> published = new HashSet<>();

  /** When the first item was published to a queue that has confirmed none yet. */
  private final Map<String, Long> unconfirmed = new ConcurrentHashMap<>();

  private final AtomicBoolean aborted = new AtomicBoolean();
  private volatile boolean lost;

  /**
   * One item that waits for its confirm.
   *
   * @param mandatory it fails if it reaches no queue
   * @param deadline in nanoseconds of the publisher's clock; then the confirm is too late
   * @param taken set by the one who completes the promise
   */
  record PendingPublish(
      String exchange,
      String key,
      byte[] body,
      BasicProperties properties,
      boolean mandatory,
      Promise<Void> promise,
      long deadline,
      AtomicBoolean taken) {
    /** True for exactly one caller. */
    boolean take() {
      return taken.compareAndSet(false, true);
    }

    boolean expired(long now) {
      return now - deadline >= 0;
    }
  }

  /** Why an item was not confirmed. */
  enum Failure {
    NO_QUEUE("RabbitMQ has no queue for the item."),
    /** RabbitMQ closed the channel for it, with all items on it. */
    NO_EXCHANGE("RabbitMQ has no exchange for this item or one near it."),
    REFUSED("RabbitMQ could not store the item (nack)."),
    CONNECTION_LOST(
        "The connection to RabbitMQ was lost before the confirm; the item may still take effect.");

    final String text;

    Failure(String text) {
      this.text = text;
    }
  }

  /**
   * @param confirmed gets what the broker confirmed, on the connection's thread
   * @param failed gets what it refused or lost, on any thread; maybe an empty collection
   */
  ConfirmChannel(
      Channel channel,
      Consumer<Collection<PendingPublish>> confirmed,
      BiConsumer<Collection<PendingPublish>, Failure> failed)
      throws IOException {
    this.channel = channel;
    this.frames = CorkableFrameHandler.of(channel.getConnection());
    channel.addReturnListener(
        returned -> {
          // Comes before the confirm, which says nothing about where the item went.
          long number = Long.parseLong(returned.getProperties().getCorrelationId());
          failed.accept(take(number, false), Failure.NO_QUEUE);
        });
    channel.addConfirmListener(
        (number, multiple) -> {
          List<PendingPublish> items = take(number, multiple);
          if (!unconfirmed.isEmpty()) {
            items.forEach(item -> unconfirmed.remove(item.key));
          }
          confirmed.accept(items);
        },
        (number, multiple) -> failed.accept(take(number, multiple), Failure.REFUSED));
    channel.addShutdownListener(
        cause -> {
          lost = true;
          if (!cause.isHardError() && !cause.isInitiatedByApplication()) {
            abort(); // Only the channel is closed. The connection's owner opens another pair.
          }
          boolean missing = AmqpErrors.closedChannel(cause, AMQP.NOT_FOUND);
          failed.accept(takeAll(), missing ? Failure.NO_EXCHANGE : Failure.CONNECTION_LOST);
        });
    channel.confirmSelect();
  }

  /** Publisher's thread only; may block while the broker does not read. */
  void publish(PendingPublish item, long now) throws IOException {
    if (item.exchange.isEmpty() && published.add(item.key)) {
      unconfirmed.put(item.key, now);
    }
    long number = channel.getNextPublishSeqNo();
    outstanding.put(number, item);
    var properties = item.properties.builder().correlationId(Long.toString(number)).build();
    channel.basicPublish(item.exchange, item.key, item.mandatory, properties, item.body);
  }

  /** What is published from now on is written by {@link #uncork}. Publisher's thread only. */
  void cork() {
    if (frames != null) {
      frames.cork();
    }
  }

  /** Publisher's thread only; may block while the broker does not read. */
  void uncork() throws IOException {
    if (frames != null) {
      frames.uncork();
    }
  }

  /** Whether a queue that was first published to before {@code then} has confirmed nothing. */
  boolean stalled(long then) {
    return unconfirmed.values().stream().anyMatch(since -> since - then < 0);
  }

  /**
   * Ends the connection, so that its owner opens another one; false if it did before. Any thread.
   */
  boolean abort() {
    if (!aborted.compareAndSet(false, true)) {
      return false;
    }
    Runnable end = () -> channel.getConnection().abort(ABORT_MS);
    ConnectionFactories.daemon(end, "ovation-rabbit-abort").start();
    return true;
  }

  boolean usable() {
    return !lost && channel.isOpen();
  }

  /** Takes out the oldest item if it has expired; null if it has not, or there is none. */
  @Nullable PendingPublish pollExpired(long now) {
    var first = outstanding.firstEntry();
    boolean expired = first != null && first.getValue().expired(now);
    return expired ? outstanding.remove(first.getKey()) : null;
  }

  /** Takes out everything, when the channel is known to be lost. */
  Collection<PendingPublish> takeAll() {
    return take(Long.MAX_VALUE, true);
  }

  private List<PendingPublish> take(long number, boolean multiple) {
    List<PendingPublish> items = new ArrayList<>();
    var through = outstanding.subMap(multiple ? 0 : number, true, number, true);
    for (var first = through.pollFirstEntry(); first != null; first = through.pollFirstEntry()) {
      items.add(first.getValue());
    }
    return items;
  }
}
