package io.ovation.queue;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.metrics.Metrics;
import io.ovation.testkit.Await;
import io.ovation.testkit.FutureResult;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What every broker guarantees of dead letters. Each test has a queue of its own. */
public abstract class DeadLetterContract {
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
