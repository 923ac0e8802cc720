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
  private RedeliveryGuard guard = guard(false);
  private long tag;

  @AfterEach
  void close() {
    consumers.close();
    FutureResult.of(vertx.close());
  }

  private RedeliveryGuard guard(boolean survived) {
    return guard(survived, NEVER_MS);
  }

  private RedeliveryGuard guard(boolean survived, long nextMs) {
    QueueMetrics metrics = new QueueMetrics(new Metrics(), new InFlightLimiter(1));
    DeliveryBuffer buffer = new DeliveryBuffer(vertx.getOrCreateContext(), handler, metrics);
    return new RedeliveryGuard(
        "queue",
        buffer,
        consumers,
        nextMs,
        survived,
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
  void itemsThatNeverCameBackAreNotClaimed() {
    deliver("a", 0);
    deliver("b", 1);
    handled(2);
    assertThat(broker.published).isEmpty();
  }

  @Test
  void itemsThatCameBackOnceAreClaimedAndAllPassedOn() {
    deliver("a", 1);
    deliver("b", 1);
    deliver("c", 0);
    handler.await(3);
    assertThat(broker.published).containsExactly("1");
    assertThat(guard.claimed()).isTrue();
  }

  @Test
  void itemsThatCameBackInGoodOrderAreAllPassedOnHoweverOften() {
    deliver("a", 7);
    deliver("b", 7);
    handler.await(2);
    assertThat(broker.published).containsExactly("1");
  }

  @Test
  void afterTheEndOfAProcessItemsArePassedOnOneByOneUntilOneCameBackLessOften() {
    claims(1);
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
    assertThat(broker.published).containsExactly("2");
  }

  @Test
  void slowItemDoesNotHoldUpTheOthersForLong() {
    claims(1);
    guard = guard(false, 1);
    deliver("a", 2);
    deliver("b", 2);
    handler.await(2);
  }

  @Test
  void itemThatArrivesLaterIsNotHeldUpEither() {
    claims(1);
    guard = guard(false, 1);
    deliver("a", 2);
    handled(1);
    Await.pass(Duration.ofMillis(100)); // By now the next one may follow.
    deliver("b", 0);
    handler.await(2);
  }

  @Test
  void firstItemThatCameBackThreeTimesIsGivenUpAfterTwoClaimsAndNoOther() {
    claims(2);
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
  void oneEndOfAProcessIsNoReasonToGiveUpAnItemThatOftenCameBack() {
    claims(1);
    deliver("a", 9);
    handled(1);
    assertThat(givenUp).isEmpty();
  }

  @Test
  void itemThatThisProcessSurvivedIsNotGivenUp() {
    claims(2);
    guard = guard(true);
    deliver("a", 3);
    deliver("b", 3);
    handler.await(2);
    assertThat(givenUp).isEmpty();
    assertThat(broker.published).containsExactly("1");
  }

  @Test
  void closingWithdrawsTheClaim() {
    deliver("a", 1);
    handled(1);
    guard.withdraw(broker.connection);
    assertThat(broker.calls).contains("queuePurge queue.claims");
    assertThat(guard.claimed()).isFalse();
  }

  @Test
  void withoutAClaimNothingIsWithdrawn() {
    deliver("a", 0);
    handled(1);
    guard.withdraw(broker.connection);
    assertThat(broker.calls).doesNotContain("queuePurge queue.claims");
  }

  private void claims(int count) {
    String claims = "" + count;
    broker.got =
        new GetResponse(
            new Envelope(1, false, "", "queue.claims"),
            new BasicProperties(),
            claims.getBytes(StandardCharsets.UTF_8),
            0);
  }
}
