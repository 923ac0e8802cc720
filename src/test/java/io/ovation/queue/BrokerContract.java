package io.ovation.queue;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ovation.config.ConfigException;
import io.ovation.testkit.Await;
import io.ovation.testkit.Contention;
import io.ovation.testkit.FutureResult;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What every broker guarantees of delivery, order and delay. */
public abstract class BrokerContract extends DeadLetterContract {
  @Test
  void itemsArriveOnceInOrder() {
    CollectingHandler consumer = new CollectingHandler(true);
    consumer.on(broker(), name, 50);
    publish(0, 500);
    consumer.await(500);
    assertThat(consumer.texts()).isEqualTo(texts(0, 500));
    assertThat(consumer.deliveries()).noneMatch(Delivery::redelivered);
    awaitDepth(0);
  }

  @Test
  void backlogArrivesInOrderToALateConsumer() {
    publish(0, 1500);
    awaitDepth(1500);
    CollectingHandler consumer = new CollectingHandler(true);
    consumer.on(broker(), name, 100);
    publish(1500, 500);
    consumer.await(2000);
    assertThat(consumer.texts()).isEqualTo(texts(0, 2000));
  }

  @Test
  void declaringAgainKeepsTheItems() {
    publish(0, 3);
    FutureResult.of(broker().declare(queue, Set.of(Lane.NORMAL), 2));
    CollectingHandler consumer = new CollectingHandler(true);
    consumer.on(broker(), name, 10);
    consumer.await(3);
  }

  @Test
  void fewerPartitionsThanBeforeAreRefusedWhileItemsAreBeyond() {
    FutureResult.of(
        broker().publish(new QueueName(queue, Lane.NORMAL, 1), "beyond".getBytes(UTF_8)));
    Await.until(
        "refused",
        Duration.ofSeconds(10),
        () ->
            FutureResult.of(
                broker().declare(queue, Set.of(Lane.NORMAL), 1).map(false).otherwise(true)));
    assertThat(FutureResult.failure(broker().declare(queue, Set.of(Lane.NORMAL), 1)))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("ovation." + queue + ".normal.1 is in use");
    FutureResult.of(broker().declare(queue, Set.of(Lane.NORMAL), 2));
  }

  @Test
  void noMoreThanThePrefetchIsUnacked() {
    publish(0, 30);
    CollectingHandler consumer = new CollectingHandler(false);
    Subscription subscription = consumer.on(broker(), name, 10);
    consumer.await(10);
    Await.pass(Duration.ofMillis(300)); // Time for a delivery that must not come.
    assertThat(consumer.count()).isEqualTo(10);
    subscription.ackThrough(consumer.deliveries().get(4));
    consumer.await(15);
    subscription.ack(consumer.deliveries().get(9));
    consumer.await(16);
    Await.pass(Duration.ofMillis(300));
    assertThat(consumer.texts()).isEqualTo(texts(0, 16));
  }

  @Test
  void secondConsumerWaitsAndThenStartsWithTheUnackedItems() {
    publish(0, 20);
    CollectingHandler first = new CollectingHandler(false);
    Subscription one = first.on(broker(), name, 10);
    first.await(10);
    CollectingHandler second = new CollectingHandler(true);
    second.on(broker(), name, 10);
    one.ackThrough(first.deliveries().get(3));
    one.ack(first.deliveries().get(6));
    first.await(15);
    Await.pass(Duration.ofMillis(300));
    assertThat(second.count()).isZero();

    FutureResult.of(one.close());
    second.await(15);
    List<String> expected = new ArrayList<>(texts(4, 20));
    expected.remove("item 6");
    assertThat(second.texts()).isEqualTo(expected);
    assertThat(second.deliveries().subList(0, 10)).allMatch(Delivery::redelivered);
    awaitDepth(0);
  }

  @Test
  void closedSubscriptionsAcksHaveNoEffect() {
    publish(0, 5);
    CollectingHandler first = new CollectingHandler(false);
    Subscription one = first.on(broker(), name, 10);
    first.await(5);
    FutureResult.of(one.close());
    one.ackThrough(first.deliveries().get(4));
    FutureResult.of(one.close());
    CollectingHandler second = new CollectingHandler(false);
    second.on(broker(), name, 10);
    second.await(5);
    assertThat(second.texts()).isEqualTo(texts(0, 5));
    assertThat(second.deliveries()).allMatch(Delivery::redelivered);
  }

  @Test
  void handoverBackAndForthUnderLoadLosesAndReordersNothing() {
    CollectingHandler consumer = new CollectingHandler(true);
    List<Future<Void>> confirms = new ArrayList<>();
    for (int round = 0; round < 10; round++) {
      Subscription subscription = consumer.on(broker(), name, 20);
      for (int i = 0; i < 50; i++) {
        confirms.add(broker().publish(name, item(round * 50 + i)));
      }
      int enough = round * 50 + 10;
      Await.until("progress", Duration.ofSeconds(30), () -> consumer.distinct().size() >= enough);
      FutureResult.of(subscription.close());
    }
    FutureResult.of(Future.all(confirms));
    consumer.on(broker(), name, 20);
    Await.until("all", Duration.ofSeconds(30), () -> consumer.distinct().size() == 500);
    assertThat(consumer.distinct()).isEqualTo(texts(0, 500));
  }

  @Test
  void delayedItemComesWhenItsTimeIsOverAndNotBefore() {
    CollectingHandler consumer = new CollectingHandler(true);
    consumer.on(broker(), name, 10);
    long start = System.nanoTime();
    FutureResult.of(broker().publish(name, item(3), Duration.ofMillis(2_500)));
    FutureResult.of(broker().publish(name, item(1), Duration.ofMillis(900)));
    FutureResult.of(broker().publish(name, item(0), Duration.ZERO));
    consumer.await(2);
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(Duration.ofMillis(900));
    consumer.await(3);
    assertThat(Duration.ofNanos(System.nanoTime() - start))
        .isBetween(Duration.ofMillis(2_500), Contention.allowedFor(Duration.ofSeconds(8)));
    assertThat(consumer.texts()).containsExactly("item 0", "item 1", "item 3");
    awaitDepth(0);
  }

  @Test
  void delayedItemsAllArriveOnceInTheirQueues() {
    QueueName other = new QueueName(queue, Lane.NORMAL, 1);
    CollectingHandler here = new CollectingHandler(true);
    CollectingHandler there = new CollectingHandler(true);
    here.on(broker(), name, 50);
    there.on(broker(), other, 50);
    List<Future<Void>> all = new ArrayList<>();
    for (int i = 0; i < 600; i++) {
      all.add(broker().publish(i % 2 == 0 ? name : other, item(i), Duration.ofMillis(1 + 5 * i)));
    }
    FutureResult.of(Future.all(all));
    here.await(300);
    there.await(300);
    assertThat(here.texts()).containsExactlyInAnyOrderElementsOf(everySecond(0));
    assertThat(there.texts()).containsExactlyInAnyOrderElementsOf(everySecond(1));
  }

  private static List<String> everySecond(int first) {
    return IntStream.range(0, 300).mapToObj(i -> "item " + (first + 2 * i)).toList();
  }

  @Test
  void longestDelayIsTakenAndAnyOtherIsRefused() {
    FutureResult.of(broker().publish(name, item(1), Broker.MAX_DELAY));
    assertThatThrownBy(() -> broker().publish(name, item(1), Broker.MAX_DELAY.plusMillis(1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("36 hours");
    assertThatThrownBy(() -> broker().publish(name, item(1), Duration.ofMillis(-1)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(FutureResult.of(broker().depth(name))).isZero();
  }

  @Test
  void partitionsAreSeparate() {
    QueueName other = new QueueName(queue, Lane.NORMAL, 1);
    CollectingHandler here = new CollectingHandler(true);
    CollectingHandler there = new CollectingHandler(true);
    here.on(broker(), name, 10);
    there.on(broker(), other, 10);
    FutureResult.of(broker().publish(name, item(1)));
    FutureResult.of(broker().publish(other, item(2)));
    here.await(1);
    there.await(1);
    assertThat(here.texts()).containsExactly("item 1");
    assertThat(there.texts()).containsExactly("item 2");
  }

  @Test
  void publishesBeyondTheBoundAreRefusedAndTheRestAreKept() {
    List<Future<Void>> all = new ArrayList<>();
    for (int i = 0; i < 10 * IN_FLIGHT; i++) {
      all.add(broker().publish(name, item(i)));
    }
    int confirmed = 0;
    int refused = 0;
    for (Future<Void> one : all) {
      if (FutureResult.of(one.map(true).otherwise(e -> !(e instanceof BrokerUnavailable)))) {
        confirmed++;
      } else {
        refused++;
      }
    }
    assertThat(refused).isPositive();
    assertThat(confirmed).isPositive();
    awaitDepth(confirmed);
  }

  @Test
  void answersAndDeliveriesComeOnTheCallersContext() {
    Context context = vertx().getOrCreateContext();
    Promise<Context> confirmed = Promise.promise();
    List<Context> delivered = new CopyOnWriteArrayList<>();
    context.runOnContext(
        v -> {
          broker().consume(name, 10, items -> delivered.add(Vertx.currentContext()));
          broker()
              .publish(name, item(1))
              .onComplete(r -> confirmed.complete(Vertx.currentContext()));
        });
    assertThat(FutureResult.of(confirmed.future())).isSameAs(context);
    Await.until("delivery", Duration.ofSeconds(10), () -> !delivered.isEmpty());
    assertThat(delivered).containsOnly(context);
  }
}
