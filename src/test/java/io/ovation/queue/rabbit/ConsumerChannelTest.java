package io.ovation.queue.rabbit;

import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Envelope;
import com.rabbitmq.client.ShutdownSignalException;
import io.ovation.async.Backoff;
import io.ovation.async.InFlightLimiter;
import io.ovation.metrics.Metrics;
import io.ovation.queue.CollectingHandler;
import io.ovation.queue.DeliveryBuffer;
import io.ovation.queue.QueueMetrics;
import io.ovation.queue.TaskGuard;
import io.ovation.testkit.Await;
import io.ovation.testkit.FutureResult;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@SuppressWarnings("NullAway.Init") // open comes first.
class ConsumerChannelTest {
  private static final long GENERATION = 7;

  private final Vertx vertx = Vertx.vertx();
  private final CollectingHandler handler = new CollectingHandler(false);
  private final RecordingChannel broker = new RecordingChannel();
  private final ConsumerThread consumers =
      new ConsumerThread(
          new Backoff(Duration.ofMillis(1), 2, Duration.ofMillis(1), 0),
          new TaskGuard(new Metrics()));
  private final AtomicInteger lost = new AtomicInteger();
  private ConsumerChannel channel;

  @BeforeEach
  void open() throws IOException {
    QueueMetrics metrics = new QueueMetrics(new Metrics(), new InFlightLimiter(1));
    DeliveryBuffer buffer = new DeliveryBuffer(vertx.getOrCreateContext(), handler, metrics);
    RedeliveryGuard guard =
        new RedeliveryGuard("queue", buffer, consumers, 1, false, (delivery, returns) -> {});
    channel = ConsumerChannel.open(broker.connection, GENERATION, guard, lost::incrementAndGet);
    broker.calls.clear();
    channel.consume("queue", 50);
  }

  @AfterEach
  void close() {
    consumers.close();
    FutureResult.of(vertx.close());
  }

  @Test
  void prefetchIsSetBeforeTheFirstDelivery() {
    assertThat(broker.calls).containsExactly("basicQos 50", "basicConsume queue false");
  }

  @Test
  void deliveriesCarryTheirTagAndGeneration() {
    deliver(1, "a");
    handler.await(1);
    assertThat(handler.deliveries().get(0).tag()).isEqualTo(1);
    assertThat(handler.deliveries().get(0).generation()).isEqualTo(GENERATION);
  }

  @Test
  void deliveriesAfterTheEndAreDropped() {
    deliver(1, "a");
    channel.guard().end();
    deliver(2, "b");
    handler.await(1);
    Await.pass(Duration.ofMillis(100)); // Time for what must not come.
    assertThat(handler.texts()).containsExactly("a");
  }

  @Test
  void acksBetweenTwoSendsGoAsOne() throws IOException {
    broker.calls.clear();
    for (int tag = 1; tag <= 200; tag++) {
      channel.noteAck(tag, false);
    }
    channel.noteAck(300, true);
    channel.noteAck(302, false);
    assertThat(channel.sendAcks()).isEqualTo(301);
    assertThat(channel.sendAcks()).isZero();
    assertThat(broker.calls).containsExactly("basicAck 300 true", "basicAck 302 false");
  }

  @Test
  void lossOfTheChannelOrOfTheQueueIsReported() {
    channel.handleShutdownSignal(
        "consumer", new ShutdownSignalException(true, false, null, broker.connection));
    assertThat(lost).hasValue(1);
    channel.handleCancel("consumer");
    assertThat(lost).hasValue(2);
  }

  private void deliver(long tag, String body) {
    channel.handleDelivery(
        "consumer",
        new Envelope(tag, false, "", "queue"),
        new BasicProperties(),
        body.getBytes(StandardCharsets.UTF_8));
  }
}
