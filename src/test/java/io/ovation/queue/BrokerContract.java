package io.ovation.queue;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ovation.config.ConfigException;
import io.ovation.metrics.Metrics;
import io.ovation.testkit.Await;
import io.ovation.testkit.FutureResult;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What every broker guarantees. Each test has a queue of its own. */
public abstract class BrokerContract {
  private static final AtomicInteger QUEUES = new AtomicInteger();

  /** How many publishes the broker under test accepts at a time. */
  protected static final int IN_FLIGHT = 2000;

  protected final String queue = "contract" + QUEUES.incrementAndGet();
  protected final QueueName name = new QueueName(queue, Lane.NORMAL, 0);

  protected abstract Vertx vertx();

  protected abstract Broker broker();

  /** The metrics of {@link #broker}. */
  protected abstract Metrics metrics();

  /** Opens {@link #broker}; {@code dir} is the test's own. */
  protected abstract void start(Path dir);

  @BeforeEach
  void declare(@TempDir Path dir) {
    start(dir);
    FutureResult.of(broker().declare(queue, Set.of(Lane.NORMAL), 2));
  }

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
  void deadLetterMovesTheItemAndTheQueueGoesOn() {
    publish(0, 3);
    CollectingHandler consumer = new CollectingHandler(false);
    Subscription subscription = consumer.on(broker(), name, 1);
    consumer.await(1);
    long before = System.currentTimeMillis();
    FutureResult.of(subscription.deadLetter(consumer.deliveries().get(0), "can't be parsed"));
    consumer.await(2);
    subscription.ack(consumer.deliveries().get(1));
    consumer.await(3);
    subscription.ack(consumer.deliveries().get(2));
    assertThat(consumer.texts()).isEqualTo(texts(0, 3));
    awaitDepth(0);
    DeadLetter dead = awaitDead(1).get(0);
    assertThat(dead.reason()).isEqualTo("can't be parsed");
    assertThat(dead.origin()).isEqualTo(name);
    assertThat(dead.body()).isEqualTo(item(0));
    assertThat(dead.attempts()).isZero();
    assertThat(dead.stack()).isNull();
    assertThat(dead.lastMs()).isBetween(before, System.currentTimeMillis());
    assertThat(dead.firstMs()).isEqualTo(dead.lastMs());
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
        .isBetween(
            Duration.ofMillis(2_500),
            Duration.ofSeconds(8)); // The upper bound allows for a busy machine.
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
  void deadLetterKeepsAllFailureDetails() {
    deadLetter(
        1,
        i ->
            new FailureDetails("reason", "at Here.java:1\nat There.java:2", 5, 1_700_000_000_000L));
    DeadLetter dead = awaitDead(1).get(0);
    assertThat(dead.stack()).isEqualTo("at Here.java:1\nat There.java:2");
    assertThat(dead.attempts()).isEqualTo(5);
    assertThat(dead.firstMs()).isEqualTo(1_700_000_000_000L);
    DeadLetter read = FutureResult.of(broker().deadLetters(queue).read(dead.id())).orElseThrow();
    assertThat(read).usingRecursiveComparison().isEqualTo(dead);
  }

  @Test
  void veryLongReasonAndStackAreCut() {
    String page = "é".repeat(100_000);
    deadLetter(1, i -> new FailureDetails(page, page, 1, 0));
    DeadLetter dead = awaitDead(1).get(0);
    assertThat(dead.reason()).hasSize(2_001).endsWith("…");
    assertThat(dead.stack()).hasSize(8_001).endsWith("…");
  }

  @Test
  void deadLettersAreListedInPagesInOrderEachTime() {
    deadLetter(70, i -> FailureDetails.of("reason " + i));
    awaitDead(70);
    for (int round = 0; round < 3; round++) {
      List<String> reasons = new ArrayList<>();
      DeadLetters.Page page = FutureResult.of(broker().deadLetters(queue).list(null, 30));
      while (page.more()) {
        assertThat(page.letters()).hasSize(30);
        assertThat(page.total()).isEqualTo(70);
        page.letters().forEach(letter -> reasons.add(letter.reason()));
        String last = page.letters().get(29).id();
        page = FutureResult.of(broker().deadLetters(queue).list(last, 30));
      }
      page.letters().forEach(letter -> reasons.add(letter.reason()));
      assertThat(reasons).isEqualTo(IntStream.range(0, 70).mapToObj(i -> "reason " + i).toList());
    }
  }

  @Test
  void deadLetterSentBackIsConsumedAgainAndGone() {
    Subscription subscription = deadLetter(3, i -> FailureDetails.of("reason " + i));
    DeadLetter second = awaitDead(3).get(1);
    DeadLetters letters = broker().deadLetters(queue);
    FutureResult.of(subscription.close());
    CollectingHandler again = new CollectingHandler(true);
    again.on(broker(), name, 10);
    assertThat(FutureResult.of(letters.sendBack(second.id()))).isTrue();
    again.await(1);
    assertThat(again.texts()).containsExactly("item 1");
    assertThat(FutureResult.of(letters.sendBack(second.id()))).isFalse();
    assertThat(FutureResult.of(letters.read(second.id()))).isEmpty();
    assertThat(awaitDead(2)).extracting(DeadLetter::reason).containsExactly("reason 0", "reason 2");

    String first = awaitDead(2).get(0).id();
    assertThat(FutureResult.of(letters.sendBack(first, body -> item(9)))).isTrue();
    again.await(2);
    assertThat(again.texts()).containsExactly("item 1", "item 9");
  }

  @Test
  void deadLettersAreCountedByQueue() {
    deadLetter(3, i -> FailureDetails.of("reason " + i));
    Await.until(
        "3 dead letters in the metrics",
        Duration.ofSeconds(30),
        () ->
            metrics().scrape().contains("ovation_queue_dead_letters{queue=\"" + queue + "\"} 3.0"));
  }

  @Test
  void purgedDeadLettersAreGoneAndTheOthersStay() {
    deadLetter(5, i -> FailureDetails.of("reason " + i));
    DeadLetters letters = broker().deadLetters(queue);
    String third = awaitDead(5).get(2).id();
    assertThat(FutureResult.of(letters.purge(third))).isTrue();
    assertThat(FutureResult.of(letters.purge(third))).isFalse();
    assertThat(FutureResult.of(letters.purge("nobody's id"))).isFalse();
    assertThat(awaitDead(4))
        .extracting(DeadLetter::reason)
        .containsExactly("reason 0", "reason 1", "reason 3", "reason 4");
    assertThat(FutureResult.of(letters.purgeAll())).isEqualTo(4);
    assertThat(FutureResult.of(letters.list(null, 10)).letters()).isEmpty();
    assertThat(FutureResult.of(letters.purgeAll())).isZero();
  }

  /** Publishes and dead-letters {@code count} items, one after the other. */
  private Subscription deadLetter(int count, IntFunction<FailureDetails> failure) {
    publish(0, count);
    CollectingHandler consumer = new CollectingHandler(false);
    Subscription subscription = consumer.on(broker(), name, count);
    consumer.await(count);
    for (int i = 0; i < count; i++) {
      FutureResult.of(subscription.deadLetter(consumer.deliveries().get(i), failure.apply(i)));
    }
    return subscription;
  }

  private List<DeadLetter> awaitDead(int count) {
    DeadLetters letters = broker().deadLetters(queue);
    Await.until(
        count + " dead letters",
        Duration.ofSeconds(10),
        () -> FutureResult.of(letters.list(null, 100)).total() == count);
    return FutureResult.of(letters.list(null, 100)).letters();
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

  protected void publish(int from, int count) {
    List<Future<Void>> all = new ArrayList<>();
    for (int i = from; i < from + count; i++) {
      all.add(broker().publish(name, item(i)));
    }
    FutureResult.of(Future.all(all));
  }

  protected void awaitDepth(long depth) {
    Await.until(
        "depth " + depth,
        Duration.ofSeconds(30),
        () -> FutureResult.of(broker().depth(name)) == depth);
  }

  protected static byte[] item(int number) {
    return ("item " + number).getBytes(StandardCharsets.UTF_8);
  }

  protected static List<String> texts(int from, int to) {
    return IntStream.range(from, to).mapToObj(i -> "item " + i).toList();
  }
}
