package io.ovation.queue;

import io.ovation.testkit.Await;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A handler that keeps all deliveries and, if it is {@code acking}, acks each list at its end. */
public final class CollectingHandler implements DeliveryHandler {
  private final boolean acking;
  private final List<Delivery> received = new ArrayList<>();
  private @Nullable Subscription subscription;
  private @Nullable Delivery last;
  private int resets;

  public CollectingHandler(boolean acking) {
    this.acking = acking;
  }

  public synchronized Subscription on(Broker broker, QueueName queue, int prefetch) {
    Subscription made = broker.consume(queue, prefetch, this);
    subscription = made;
    if (acking && last != null) {
      made.ackThrough(last);
    }
    return made;
  }

  @Override
  public synchronized void deliver(List<Delivery> items) {
    received.addAll(items);
    last = items.get(items.size() - 1);
    if (acking && subscription != null) {
      subscription.ackThrough(last);
    }
  }

  @Override
  public synchronized void reset() {
    resets++;
  }

  public synchronized int resets() {
    return resets;
  }

  public synchronized int count() {
    return received.size();
  }

  public synchronized List<Delivery> deliveries() {
    return List.copyOf(received);
  }

  public List<String> texts() {
    return deliveries().stream().map(CollectingHandler::text).toList();
  }

  /** The texts without repetitions, as an idempotent consumer sees them. */
  public List<String> distinct() {
    return deliveries().stream().map(CollectingHandler::text).distinct().toList();
  }

  public List<Delivery> await(int count) {
    Await.until(
        () -> count + " deliveries, have " + count(),
        Duration.ofSeconds(30),
        () -> count() >= count);
    return deliveries();
  }

  public static String text(Delivery delivery) {
    return new String(delivery.body(), StandardCharsets.UTF_8);
  }
}
