package io.ovation.queue.rabbit;

import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.impl.FrameHandler;
import io.ovation.async.InFlightLimiter;
import io.ovation.metrics.Metrics;
import io.ovation.queue.BrokerUnavailable;
import io.ovation.queue.QueueMetrics;
import io.ovation.testkit.Await;
import io.ovation.testkit.FutureResult;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PublisherTest {
  private static final Duration TIMEOUT = Duration.ofSeconds(5);

  private final Vertx vertx = Vertx.vertx();
  private final AtomicLong now = new AtomicLong();
  private final AtomicInteger missing = new AtomicInteger();
  private final InFlightLimiter inFlight = new InFlightLimiter(3);
  private final Publisher publisher =
      new Publisher(
          vertx,
          inFlight,
          TIMEOUT,
          new QueueMetrics(new Metrics(), inFlight),
          now::get,
          missing::incrementAndGet);
  private final RecordingChannel broker = new RecordingChannel();

  @AfterEach
  void close() {
    publisher.close();
    FutureResult.of(vertx.close());
  }

  @Test
  void itemWaitsForAConnectionAndThenForItsConfirm() throws IOException {
    Future<Void> item = publish("a");
    publisher.up(broker.connection);
    awaitPublished(broker, "a");
    assertThat(item.isComplete()).isFalse();
    assertThat(publisher.idle()).isFalse();
    broker.ack(1, false);
    FutureResult.of(item);
    assertThat(publisher.idle()).isTrue();
  }

  /** Nobody knows how much of it RabbitMQ has. */
  @Test
  void whenAWriteThatItemsShareFailsTheConnectionEndsAndTheyFailWithIt() throws IOException {
    broker.writesTo(
        RecordingChannel.proxy(
            FrameHandler.class,
            (frames, method, arguments) -> {
              if (method.getName().equals("flush")) {
                throw new IOException("Broken pipe");
              }
              return null;
            }));
    Future<Void> first = publish("first");
    Future<Void> second = publish("second");
    publisher.up(broker.connection);
    Await.until("the connection's end", TIMEOUT, () -> broker.calls.contains("connection.abort"));
    assertThat(broker.published).containsExactly("first", "second");
    broker.loseConnection();
    publisher.down();
    for (Future<Void> item : List.of(first, second)) {
      assertThat(FutureResult.failure(item)).hasMessageContaining("may still take effect");
    }

    RecordingChannel next = new RecordingChannel();
    publisher.up(next.connection);
    Future<Void> item = publish("next");
    awaitPublished(next, "next");
    next.ack(1, false);
    FutureResult.of(item);
  }

  @Test
  void confirmOfALostChannelNeverConfirmsAnItemOfTheNextOne() throws IOException {
    publisher.up(broker.connection);
    Future<Void> lost = publish("lost");
    awaitPublished(broker, "lost");
    broker.loseConnection();
    publisher.down();
    assertThat(FutureResult.failure(lost))
        .isInstanceOf(BrokerUnavailable.class)
        .hasMessageContaining("may still take effect");

    RecordingChannel next = new RecordingChannel();
    publisher.up(next.connection);
    Future<Void> item = publish("next"); // Number 1 again.
    awaitPublished(next, "next");
    broker.ack(1, true);
    publisher.sweep();
    assertThat(item.isComplete()).isFalse();
    next.ack(1, true);
    FutureResult.of(item);
  }

  @Test
  void itemThatIsNotConfirmedInTimeFailsAndALaterConfirmHasNoEffect() throws IOException {
    publisher.up(broker.connection);
    Future<Void> first = publish("first");
    awaitPublished(broker, "first");
    now.set(TIMEOUT.toNanos() - 1);
    Future<Void> second = publish("second");
    awaitPublished(broker, "second");
    publisher.sweep();
    assertThat(first.isComplete()).isFalse();
    now.set(TIMEOUT.toNanos());
    publisher.sweep();
    assertThat(FutureResult.failure(first)).hasMessageContaining("within 5000 ms");
    broker.ack(2, true);
    FutureResult.of(second);
    assertThat(inFlight.used()).isZero();
  }

  @Test
  void queueWithoutAConfirmOnThisConnectionOpensAnotherOneAfterTwoSeconds() throws IOException {
    publisher.up(broker.connection);
    publish("a");
    awaitPublished(broker, "a");
    now.set(Duration.ofMillis(2_000).toNanos());
    publisher.sweep();
    assertThat(broker.calls).doesNotContain("connection.abort");
    now.set(Duration.ofMillis(2_001).toNanos());
    publisher.sweep();
    Await.until("abort", Duration.ofSeconds(10), () -> broker.calls.contains("connection.abort"));
  }

  @Test
  void itemThatFindsNoConnectionInTimeFailsAndIsNeverSent() throws IOException {
    Future<Void> item = publish("late");
    Await.pass(Duration.ofMillis(100)); // The publisher's thread has looked at it by now.
    now.set(TIMEOUT.toNanos());
    Await.until("expired", Duration.ofSeconds(10), () -> sweep(item));
    assertThat(FutureResult.failure(item)).isInstanceOf(BrokerUnavailable.class);
    publisher.up(broker.connection);
    publish("next");
    awaitPublished(broker, "next");
    assertThat(broker.published).containsExactly("next");
  }

  @Test
  void publishesBeyondTheLimitAreRefusedUntilOneIsConfirmed() throws IOException {
    publisher.up(broker.connection);
    Future<Void> first = publish("a");
    publish("b");
    publish("c");
    assertThat(FutureResult.failure(publish("d"))).hasMessageContaining("3 items wait");
    awaitPublished(broker, "c");
    broker.ack(1, false);
    FutureResult.of(first);
    assertThat(publish("e").failed()).isFalse();
    awaitPublished(broker, "e");
  }

  @Test
  void itemsThatLeavePlacesForOthersCannotTakeThem() throws IOException {
    publisher.up(broker.connection);
    publishLeaving(1, "a");
    publishLeaving(1, "b");
    assertThat(FutureResult.failure(publishLeaving(1, "c"))).hasMessageContaining("2 items wait");
    assertThat(publish("d").failed()).isFalse();
    assertThat(FutureResult.failure(publish("e"))).hasMessageContaining("3 items wait");
    awaitPublished(broker, "d");
    assertThat(broker.published).containsExactly("a", "b", "d");
  }

  @Test
  void aSweepThatThrowsIsNotTheLastOne() throws Exception {
    AtomicInteger sweeps = new AtomicInteger();
    LongSupplier clock =
        () -> {
          if (Thread.currentThread().getName().contains("timer") && sweeps.getAndIncrement() == 0) {
            throw new IllegalStateException("on purpose");
          }
          return now.get();
        };
    Publisher sweeping =
        new Publisher(
            vertx, inFlight, TIMEOUT, new QueueMetrics(new Metrics(), inFlight), clock, () -> {});
    Future<Void> item = sweeping.publish("", "key", new byte[] {1}, Publisher.PERSISTENT);
    now.addAndGet(TIMEOUT.toNanos() + 1);
    sweeping.startSweeping();
    assertThat(FutureResult.failure(item)).hasMessageContaining("did not confirm");
    assertThat(sweeps.get()).isGreaterThan(1);
    sweeping.close();
  }

  @Test
  void itemWithoutAQueueFailsAndTheQueuesAreDeclaredAgain() throws IOException {
    publisher.up(broker.connection);
    Future<Void> item = publish("a");
    awaitPublished(broker, "a");
    broker.returnItem(1);
    broker.ack(1, false);
    assertThat(FutureResult.failure(item)).hasMessageContaining("no queue");
    assertThat(missing).hasValue(1);
  }

  @Test
  void closeFailsWhatWaitsAndRefusesTheRest() {
    Future<Void> item = publish("a");
    publisher.close();
    assertThat(FutureResult.failure(item)).hasMessageContaining("stops");
    assertThat(FutureResult.failure(publish("b"))).hasMessageContaining("closed");
  }

  private Future<Void> publish(String body) {
    return publisher.publish(
        "", "key", body.getBytes(StandardCharsets.UTF_8), Publisher.PERSISTENT);
  }

  private Future<Void> publishLeaving(int reserved, String body) {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    return publisher.publishLeaving(reserved, "", "key", bytes, Publisher.PERSISTENT);
  }

  private boolean sweep(Future<Void> item) {
    publisher.sweep();
    return item.isComplete();
  }

  private static void awaitPublished(RecordingChannel channel, String body) {
    Await.until(body, Duration.ofSeconds(10), () -> channel.published.contains(body));
  }
}
