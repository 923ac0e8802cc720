package io.ovation.queue.rabbit;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.config.Config;
import io.ovation.metrics.Metrics;
import io.ovation.queue.Broker;
import io.ovation.queue.BrokerContract;
import io.ovation.queue.BrokerUnavailable;
import io.ovation.queue.CollectingHandler;
import io.ovation.queue.Delivery;
import io.ovation.queue.Lane;
import io.ovation.queue.QueueBounds;
import io.ovation.queue.QueueName;
import io.ovation.queue.Subscription;
import io.ovation.testkit.Await;
import io.ovation.testkit.Contention;
import io.ovation.testkit.FutureResult;
import io.ovation.testkit.RabbitServer;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

@SuppressWarnings("NullAway.Init") // start comes first.
class RabbitBrokerIT extends BrokerContract {
  private static RabbitServer rabbit;

  private final Vertx vertx = Vertx.vertx();
  private Metrics metrics;
  private final List<Throwable> gaveUp = new CopyOnWriteArrayList<>();
  private RabbitBroker broker;

  @BeforeAll
  static void startServer() {
    rabbit = new RabbitServer();
  }

  @AfterAll
  static void stopServer() {
    rabbit.close();
  }

  @Override
  protected void start(Path dir) {
    rabbit.start();
    metrics = new Metrics();
    broker = FutureResult.of(RabbitBroker.connect(vertx, config(), metrics, gaveUp::add));
  }

  @AfterEach
  void stop() {
    FutureResult.of(broker.close());
    FutureResult.of(vertx.close());
  }

  static Config.Rabbitmq config(String uri, Duration limit) {
    return new Config.Rabbitmq(
        uri,
        Duration.ofSeconds(2),
        Duration.ofSeconds(5),
        IN_FLIGHT,
        Duration.ofMillis(100),
        Duration.ofSeconds(1),
        limit);
  }

  private static Config.Rabbitmq config() {
    return config(rabbit.uri(), Duration.ofSeconds(90));
  }

  @Test
  void killedBrokerLosesNothingItConfirmed() {
    ConfirmedLoad load = new ConfirmedLoad(broker, name);
    Await.until("load", Duration.ofSeconds(30), () -> load.confirmed.size() > 1000);
    // RabbitMQ 3.10 saves the name of a new quorum queue only after half a second.
    Await.pass(Duration.ofSeconds(2));
    rabbit.kill();
    Await.until("noticed", Duration.ofSeconds(20), () -> !broker.available());
    rabbit.start();
    Await.until("reconnected", Duration.ofSeconds(60), broker::available);
    int before = load.confirmed.size();
    Await.until("goes on", Duration.ofSeconds(60), () -> load.confirmed.size() > before + 1000);
    load.stop();
    CollectingHandler consumer = new CollectingHandler(true);
    consumer.on(broker, name, 500);
    Await.until(
        () -> "all confirmed: " + load.missing(consumer),
        Duration.ofSeconds(60),
        () -> load.missing(consumer).isEmpty());
    assertThat(gaveUp).isEmpty();
  }

  @Test
  void killedBrokerLosesNothingThatWaitsForItsTime() {
    // RabbitMQ 3.10 saves the name of a new quorum queue only after half a second.
    Await.pass(Duration.ofSeconds(2));
    List<Future<Void>> all = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      all.add(broker.publish(name, item(i), Duration.ofSeconds(1 + i % 30)));
    }
    FutureResult.of(Future.all(all));
    Await.pass(Duration.ofSeconds(2)); // Some are in their second step now.
    rabbit.kill();
    rabbit.start();
    CollectingHandler consumer = new CollectingHandler(true);
    consumer.on(broker, name, 500);
    Await.until(
        () -> "all confirmed, have " + consumer.distinct().size(),
        Duration.ofSeconds(120),
        () -> consumer.distinct().size() == 200);
    assertThat(consumer.distinct()).containsExactlyInAnyOrderElementsOf(texts(0, 200));
  }

  @Test
  void deletedDelayIsDeclaredAgain() throws Exception {
    try (var connection = ConnectionFactories.of(config()).newConnection()) {
      connection.createChannel().exchangeDelete("ovation.delay.1s");
    }
    CollectingHandler consumer = new CollectingHandler(true);
    consumer.on(broker, name, 10);
    Await.until(
        "declared again",
        Duration.ofSeconds(30),
        () ->
            FutureResult.of(
                broker.publish(name, item(1), Duration.ofSeconds(1)).map(true).otherwise(false)));
    consumer.await(1);
  }

  @Test
  void onlyOneLooksThroughDeadLettersAtATime() throws Exception {
    try (var other = ConnectionFactories.of(config()).newConnection()) {
      other
          .createChannel()
          .queueDeclare("ovation." + queue + ".dead.look", false, true, true, null);
      assertThat(FutureResult.failure(broker.deadLetters(queue).list(null, 1)))
          .isInstanceOf(BrokerUnavailable.class)
          .hasMessageContaining("Somebody else");
    }
    Await.until(
        "free again",
        Duration.ofSeconds(10),
        () -> FutureResult.of(broker.deadLetters(queue).list(null, 1).map(true).otherwise(false)));
  }

  @Test
  void closedConnectionsComeBackAndItemsAreDeliveredInOrder() {
    CollectingHandler consumer = new CollectingHandler(true);
    consumer.on(broker, name, 50);
    ConfirmedLoad load = new ConfirmedLoad(broker, name);
    Await.until("load", Duration.ofSeconds(30), () -> consumer.count() > 500);
    rabbit.closeConnections();
    Await.until("reset", Duration.ofSeconds(20), () -> consumer.resets() > 0);
    int before = consumer.count();
    Await.until("goes on", Duration.ofSeconds(30), () -> consumer.count() > before + 500);
    load.stop();
    Await.until(
        () -> "all confirmed: " + load.missing(consumer),
        Duration.ofSeconds(30),
        () -> load.missing(consumer).isEmpty());
    List<Integer> numbers =
        consumer.distinct().stream().map(text -> Integer.valueOf(text.substring(5))).toList();
    assertThat(numbers).isSorted();
  }

  @Test
  void frozenBrokerFailsPublishesInTimeAndIsUsedAgainWhenItThaws() {
    CollectingHandler consumer = new CollectingHandler(true);
    consumer.on(broker, name, 50);
    publish(0, 10);
    consumer.await(10);
    rabbit.pause();
    try {
      long start = System.nanoTime();
      Throwable failure = FutureResult.failure(broker.publish(name, item(10)));
      assertThat(failure).isInstanceOf(BrokerUnavailable.class);
      assertThat(Duration.ofNanos(System.nanoTime() - start))
          .isLessThan(Contention.allowedFor(Duration.ofSeconds(8)));
      Await.until("noticed", Duration.ofSeconds(20), () -> !broker.available());
    } finally {
      rabbit.resume();
    }
    Await.until("reconnected", Duration.ofSeconds(60), broker::available);
    FutureResult.of(broker.publish(name, item(11)));
    Await.until("item", Duration.ofSeconds(30), () -> consumer.distinct().contains("item 11"));
  }

  @Test
  void blockedPublishesFailInTimeWhileAcksAndDeliveriesGoOn() {
    publish(0, 20);
    CollectingHandler consumer = new CollectingHandler(false);
    Subscription subscription = consumer.on(broker, name, 10);
    consumer.await(10);
    rabbit.raiseMemoryAlarm();
    try {
      Await.until(
          "publish fails",
          Duration.ofSeconds(30),
          () -> FutureResult.of(broker.publish(name, item(20)).map(false).otherwise(true)));
      Await.until("noticed", Duration.ofSeconds(20), () -> !broker.available());
      subscription.ackThrough(consumer.deliveries().get(9));
      consumer.await(20);
      awaitDepth(0);
    } finally {
      rabbit.clearMemoryAlarm();
    }
    Await.until("unblocked", Duration.ofSeconds(30), broker::available);
    FutureResult.of(broker.publish(name, item(21)));
  }

  @Test
  void frozenConsumersItemsGoToTheNextInOrder() throws Exception {
    publish(0, 30);
    Process child =
        new ProcessBuilder(
                ProcessHandle.current().info().command().orElse("java"),
                "-cp",
                System.getProperty("java.class.path"),
                ConsumerProcess.class.getName(),
                rabbit.uri(),
                queue)
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    try (BufferedReader out =
        new BufferedReader(new InputStreamReader(child.getInputStream(), StandardCharsets.UTF_8))) {
      awaitLine(out, "holds 10");
      CollectingHandler standby = new CollectingHandler(true);
      standby.on(broker, name, 10);
      signal(child, "-STOP");
      Await.until("taken over", Duration.ofSeconds(30), () -> standby.count() >= 30);
      assertThat(standby.texts()).isEqualTo(texts(0, 30));
      assertThat(standby.deliveries().subList(0, 10)).allMatch(Delivery::redelivered);
      signal(child, "-CONT");
      awaitLine(out, "reset");
    } finally {
      child.destroyForcibly().waitFor();
    }
  }

  @Test
  void manyHandoversDropNothing() {
    publish(0, 3);
    for (int round = 0; round < 30; round++) { // RabbitMQ 4 would give up at 20.
      CollectingHandler consumer = new CollectingHandler(false);
      Subscription subscription = consumer.on(broker, name, 10);
      consumer.await(round < 2 ? 3 : 1); // Those that came back twice come one by one.
      FutureResult.of(subscription.close());
    }
    CollectingHandler last = new CollectingHandler(true);
    last.on(broker, name, 10);
    last.await(3);
    assertThat(last.texts()).isEqualTo(texts(0, 3));
  }

  @Test
  void depthsAndDeadLettersAreServedAgainAfterAKill() {
    publish(0, 3);
    awaitDepth(3);
    // RabbitMQ 3.10 saves the name of a new quorum queue only after half a second.
    Await.pass(Duration.ofSeconds(2));
    rabbit.restart();
    Await.until(
        "all connections",
        Duration.ofSeconds(60),
        () -> metrics.scrape().contains("ovation_rabbitmq_connected 3.0"));
    awaitDepth(3);
    assertThat(FutureResult.of(broker.deadLetters(queue).list(null, 10)).letters()).isEmpty();
    FutureResult.of(broker.declare(queue + "b", Set.of(Lane.LOW), 1));
    FutureResult.of(broker.publish(new QueueName(queue + "b", Lane.LOW, 0), item(1)));
  }

  @Test
  void depthOfAMissingQueueFailsAndTheOthersAreStillCounted() throws Exception {
    publish(0, 3);
    try (var connection = ConnectionFactories.of(config()).newConnection()) {
      connection.createChannel().queueDelete(new QueueName(queue, Lane.NORMAL, 1).text());
    }
    for (int round = 0; round < 3; round++) {
      assertThat(FutureResult.failure(broker.depth(new QueueName(queue, Lane.NORMAL, 1))))
          .isInstanceOf(BrokerUnavailable.class);
      awaitDepth(3);
    }
  }

  @Test
  void unroutableItemIsNeverConfirmed() throws Exception {
    try (var connection = ConnectionFactories.of(config()).newConnection()) {
      connection.createChannel().queueDelete(name.text());
    }
    assertThat(FutureResult.failure(broker.publish(name, item(1))))
        .isInstanceOf(BrokerUnavailable.class)
        .hasMessageContaining("no queue");
    Await.until(
        "declared again",
        Duration.ofSeconds(30),
        () -> FutureResult.of(broker.publish(name, item(2)).map(true).otherwise(false)));
  }

  @Test
  void anOutboxDropsTheOldestBeyondItsBytesAndItsAge() {
    QueueBounds bounds = new QueueBounds(64 << 10, Duration.ofSeconds(8));
    FutureResult.of(broker.declareOutbox("far", 1, bounds));
    QueueName outbox = QueueName.outbox("far", 0);
    for (int i = 0; i < 100; i++) {
      FutureResult.of(broker.publish(outbox, new byte[1_024]));
    }
    assertThat(FutureResult.of(broker.depth(outbox))).isBetween(50L, 64L);
    Await.until(
        "the rest to end",
        Duration.ofSeconds(20),
        () -> FutureResult.of(broker.depth(outbox)) == 0);
  }

  @Test
  void brokerThatStaysAwayEndsTheAttempt() {
    Throwable failure =
        FutureResult.failure(
            RabbitBroker.connect(
                vertx,
                config("amqp://127.0.0.1:1", Duration.ofSeconds(1)),
                new Metrics(),
                gaveUp::add));
    assertThat(failure).hasMessageContaining("not reachable").hasMessageContaining("RABBITMQ_URI");
    assertThat(gaveUp).isEmpty();
  }

  /** Other lines are its log. */
  private static void awaitLine(BufferedReader out, String expected) throws IOException {
    String line = out.readLine();
    while (line != null && !line.equals(expected)) {
      line = out.readLine();
    }
    assertThat(line).isEqualTo(expected);
  }

  private static void signal(Process process, String signal)
      throws IOException, InterruptedException {
    assertThat(new ProcessBuilder("kill", signal, "" + process.pid()).start().waitFor()).isZero();
  }

  @Override
  protected Vertx vertx() {
    return vertx;
  }

  @Override
  protected Metrics metrics() {
    return metrics;
  }

  @Override
  protected Broker broker() {
    return broker;
  }
}
