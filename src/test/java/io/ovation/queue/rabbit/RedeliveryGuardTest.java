package io.ovation.queue.rabbit;

import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Envelope;
import com.rabbitmq.client.GetResponse;
import io.ovation.async.Backoff;
import io.ovation.async.InFlightLimiter;
import io.ovation.metrics.Metrics;
import io.ovation.queue.CollectingHandler;
import io.ovation.queue.Delivery;
import io.ovation.queue.DeliveryBuffer;
import io.ovation.queue.QueueMetrics;
import io.ovation.queue.TaskGuard;
import io.ovation.testkit.Await;
import io.ovation.testkit.FutureResult;
import io.vertx.core.Vertx;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RedeliveryGuardTest {
  private static final long NEVER_MS = 600_000;

  private final Vertx vertx = Vertx.vertx();
  private final RecordingChannel broker = new RecordingChannel();
  private final CollectingHandler handler = new CollectingHandler(false);
  private final List<String> givenUp = new CopyOnWriteArrayList<>();
  private final ConsumerThread consumers =
      new ConsumerThread(
          new Backoff(Duration.ofMillis(1), 2, Duration.ofMillis(1), 0),
          new TaskGuard(new Metrics()));
  private RedeliveryGuard guard = guard(null);
  private long tag;

  @AfterEach
  void close() {
    consumers.close();
    FutureResult.of(vertx.close());
  }

  private RedeliveryGuard guard(RedeliveryGuard.@Nullable Suspect survivor) {
    return guard(survivor, NEVER_MS);
  }

  private RedeliveryGuard guard(RedeliveryGuard.@Nullable Suspect survivor, long nextMs) {
    QueueMetrics metrics = new QueueMetrics(new Metrics(), new InFlightLimiter(1));
    DeliveryBuffer buffer = new DeliveryBuffer(vertx.getOrCreateContext(), handler, metrics);
    return new RedeliveryGuard(
        "queue",
        buffer,
        consumers,
        nextMs,
        survivor,
        (item, returns) -> givenUp.add(CollectingHandler.text(item) + " " + returns));
  }

  private Delivery deliver(String body, int returns) {
    Delivery delivery = new Delivery(body.getBytes(StandardCharsets.UTF_8), returns > 0, ++tag, 1);
    Map<String, Object> headers = Map.of("x-delivery-count", (long) returns);
    guard.deliver(
        broker.connection, delivery, new BasicProperties.Builder().headers(headers).build());
    return delivery;
  }

  private void handled(int count) {
    handler.await(count);
    assertThat(handler.count()).isEqualTo(count);
  }

  @Test
  void itemsThatCameBackOnceAreAllPassedOnAtOnce() {
    deliver("a", 1);
    deliver("b", 1);
    deliver("c", 0);
    handled(3);
  }

  @Test
  void itemsThatCameBackTwiceArePassedOnOneByOneUntilOneDidNot() {
    deliver("a", 2);
    deliver("b", 2);
    deliver("c", 0);
    deliver("d", 0);
    handled(1);
    guard.acked(1, true, broker.connection);
    handled(2);
    guard.acked(2, false, broker.connection);
    handled(4);
    assertThat(givenUp).isEmpty();
  }

  @Test
  void slowItemDoesNotHoldUpTheOthersForLong() {
    guard = guard(null, 1);
    deliver("a", 2);
    deliver("b", 2);
    handler.await(2);
  }

  @Test
  void itemThatArrivesLaterIsNotHeldUpEither() {
    guard = guard(null, 1);
    deliver("a", 2);
    handled(1);
    Await.pass(Duration.ofMillis(100)); // By now the next one may follow.
    deliver("b", 0);
    handler.await(2);
  }

  @Test
  void firstItemThatCameBackThreeTimesIsGivenUpAndNoOther() {
    deliver("a", 3);
    deliver("b", 3);
    Await.until("given up", Duration.ofSeconds(10), () -> !givenUp.isEmpty());
    assertThat(handler.count()).isZero();
    guard.acked(1, false, broker.connection);
    handled(1);
    assertThat(handler.texts()).containsExactly("b");
    assertThat(givenUp).containsExactly("a 3");
  }

  @Test
  void itemThatThisProcessSurvivedIsNotGivenUp() {
    Delivery before = new Delivery("a".getBytes(StandardCharsets.UTF_8), true, 1, 1);
    guard = guard(new RedeliveryGuard.Suspect(before, 2));
    deliver("a", 3);
    handled(1);
    assertThat(givenUp).isEmpty();
  }

  @Test
  void noteOfAnotherProcessCountsOnlyTheReturnsAfterIt() {
    noteOf(2);
    deliver("a", 5);
    handled(1);
    assertThat(givenUp).isEmpty();
    guard = guard(null);
    deliver("a", 6);
    Await.until("given up", Duration.ofSeconds(10), () -> givenUp.contains("a 6"));
  }

  @Test
  void returnsInGoodOrderDoNotSlowDownTheNextConsumer() {
    noteOf(4);
    deliver("a", 5);
    deliver("b", 5);
    handled(2);
  }

  @Test
  void highestNumberOfReturnsIsNotedWhenTheChannelCloses() {
    deliver("a", 2);
    deliver("b", 2);
    handled(1);
    guard.leaveNote(broker.connection);
    assertThat(broker.published).containsExactly("2");
  }

  private void noteOf(int returns) {
    String note = "" + returns;
    broker.got =
        new GetResponse(
            new Envelope(1, false, "", "queue.survivor"),
            new BasicProperties(),
            note.getBytes(StandardCharsets.UTF_8),
            0);
  }
}
