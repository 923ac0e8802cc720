package io.ovation.queue.rabbit;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.config.Config;
import io.ovation.config.ConfigException;
import io.ovation.metrics.Metrics;
import io.ovation.queue.BrokerUnavailable;
import io.ovation.queue.CollectingHandler;
import io.ovation.queue.DeadLetter;
import io.ovation.queue.Delivery;
import io.ovation.queue.DeliveryHandler;
import io.ovation.queue.Lane;
import io.ovation.queue.QueueName;
import io.ovation.queue.Subscription;
import io.ovation.testkit.Await;
import io.ovation.testkit.Contention;
import io.ovation.testkit.FutureResult;
import io.ovation.testkit.RabbitServer;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;

/** What a broker in a bad state, or one set up otherwise, does to a node. */
@SuppressWarnings("NullAway.Init") // startServer and name come first.
class RabbitFaultsIT {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final Duration LIMIT = Duration.ofMinutes(10);
  private static final int KILLED = 9;

  private static RabbitServer rabbit;

  private final Vertx vertx = Vertx.vertx();
  private String queue;

  @BeforeAll
  static void startServer() {
    rabbit = new RabbitServer();
  }

  @AfterAll
  static void stopServer() {
    rabbit.close();
  }

  @BeforeEach
  void name(TestInfo test) {
    queue = test.getTestMethod().orElseThrow().getName().toLowerCase(Locale.ROOT);
  }

  @AfterEach
  void close() {
    FutureResult.of(vertx.close());
  }

  private static String uri(String user, String vhost) {
    return "amqp://" + user + "@127.0.0.1:" + rabbit.port() + vhost;
  }

  private Future<RabbitBroker> connect(String uri) {
    return RabbitBroker.connect(
        vertx, RabbitBrokerIT.config(uri, LIMIT), new Metrics(), failure -> {});
  }

  private RabbitBroker declared(String uri) {
    RabbitBroker broker = FutureResult.of(connect(uri));
    FutureResult.of(broker.declare(queue, Set.of(Lane.NORMAL), 1));
    return broker;
  }

  private QueueName only() {
    return new QueueName(queue, Lane.NORMAL, 0);
  }

  private static byte[] item(int number) {
    return ("item " + number).getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void wrongPasswordEndsTheStartAtOnceWithWhatToDo() {
    assertThat(FutureResult.failure(connect(uri("guest:wrong", ""))))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("refuses user guest on vhost /")
        .hasMessageContaining("rabbitmqctl add_user")
        .hasMessageNotContaining("wrong");
  }

  @Test
  void missingVhostEndsTheStartAtOnceWithWhatToDo() {
    assertThat(FutureResult.failure(connect(uri("guest:guest", "/nowhere"))))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("vhost nowhere")
        .hasMessageContaining("OVATION_RABBITMQ_URI");
  }

  @Test
  void userWithoutRightsEndsTheStartAtOnceWithWhatToDo() {
    rabbit.control("add_user", "reader", "secret");
    rabbit.control("set_permissions", "reader", "", "", ".*");
    RabbitBroker broker = FutureResult.of(connect(uri("reader:secret", "")));
    assertThat(FutureResult.failure(broker.declare(queue, Set.of(Lane.NORMAL), 1)))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("may not declare")
        .hasMessageContaining("set_permissions");
    FutureResult.of(broker.close());
    assertThat(checked("reader:secret")).anyMatch(it -> it.contains("may not declare queues: "));
    rabbit.control("set_permissions", "reader", ".*", "", ".*");
    assertThat(checked("reader:secret")).anyMatch(it -> it.contains("may not publish: "));
  }

  /** What the command {@code check} finds wrong. */
  private static List<String> checked(String user) {
    return RabbitCheck.run(RabbitBrokerIT.config(uri(user, ""), Duration.ofSeconds(3))).problems();
  }

  @Test
  void thirdConnectionThatRabbitRefusesEndsTheStartWithinTheLimit() {
    rabbit.control("add_user", "few", "secret");
    rabbit.control("set_permissions", "few", ".*", ".*", ".*");
    rabbit.control("set_user_limits", "few", "{\"max-connections\": 2}");
    Config.Rabbitmq config = RabbitBrokerIT.config(uri("few:secret", ""), Duration.ofSeconds(3));
    Future<RabbitBroker> start = RabbitBroker.connect(vertx, config, new Metrics(), failure -> {});
    assertThat(FutureResult.failure(start))
        .isInstanceOf(BrokerUnavailable.class)
        .hasMessageContaining("connection for declaring queues")
        .hasMessageContaining("limits");
  }

  @Test
  void reservedCharactersInPasswordAndVhostWork() {
    rabbit.control("add_vhost", "a/b");
    rabbit.control("add_user", "o@n", "p/:@,+% #");
    rabbit.control("set_permissions", "-p", "a/b", "o@n", ".*", ".*", ".*");
    RabbitBroker broker = declared(uri("o%40n:p%2F%3A%40%2C+%25%20%23", "/a%2Fb"));
    FutureResult.of(broker.publish(only(), item(1)));
    FutureResult.of(broker.close());
  }

  @Test
  void slashInTheUriIsTheDefaultVhost() throws Exception {
    for (String end : List.of("/", "//", "/%2f")) {
      RabbitBroker broker = declared(uri("guest:guest", end));
      FutureResult.of(broker.close());
    }
    try (var connection =
        ConnectionFactories.of(RabbitBrokerIT.config(rabbit.uri(), LIMIT)).newConnection()) {
      connection.createChannel().queueDeclarePassive(only().text());
    }
  }

  @Test
  void queueThatSomebodyElseDeclaredOtherwiseEndsTheStartNamingQueueAndArgument() throws Exception {
    try (var connection =
        ConnectionFactories.of(RabbitBrokerIT.config(rabbit.uri(), LIMIT)).newConnection()) {
      Map<String, Object> theirs = Map.of("x-queue-type", "quorum", "x-delivery-limit", 5);
      connection.createChannel().queueDeclare(only().text(), true, false, false, theirs);
    }
    RabbitBroker broker = FutureResult.of(connect(rabbit.uri()));
    assertThat(FutureResult.failure(broker.declare(queue, Set.of(Lane.NORMAL), 1)))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(only().text())
        .hasMessageContaining("x-")
        .hasMessageContaining("somebody else");
    FutureResult.of(broker.close());
  }

  @Test
  void consumerTimeoutOpensAnotherChannelAndLosesNothing() {
    rabbit.control("eval", "application:set_env(rabbit, consumer_timeout, 1000).");
    rabbit.control("eval", "application:set_env(rabbit, channel_tick_interval, 500).");
    RabbitBroker broker = declared(rabbit.uri());
    try {
      CollectingHandler held = new CollectingHandler(false);
      Subscription subscription = held.on(broker, only(), 10);
      for (int i = 0; i < 5; i++) {
        FutureResult.of(broker.publish(only(), item(i)));
      }
      Await.until("closed by RabbitMQ", PATIENCE, () -> held.resets() > 0);
      Await.until("delivered again", PATIENCE, () -> held.count() >= 10);
      subscription.ackThrough(held.deliveries().get(held.count() - 1));
      CollectingHandler acking = new CollectingHandler(true);
      FutureResult.of(subscription.close());
      acking.on(broker, only(), 10);
      FutureResult.of(broker.publish(only(), item(5)));
      Await.until("next", PATIENCE, () -> acking.texts().contains("item 5"));
      assertThat(held.distinct()).hasSize(5);
    } finally {
      rabbit.control("eval", "application:set_env(rabbit, consumer_timeout, 1800000).");
      FutureResult.of(broker.close());
    }
  }

  @Test
  void fullDiskFailsPublishesInTimeAndTheyWorkAgainWhenThereIsRoom() {
    RabbitBroker broker = declared(rabbit.uri());
    rabbit.raiseDiskAlarm();
    try {
      AtomicReference<Throwable> failure = new AtomicReference<>();
      Await.until(
          "publish fails",
          PATIENCE,
          () -> {
            long start = System.nanoTime();
            Future<Void> sent = broker.publish(only(), item(1));
            sent.onFailure(failure::set);
            boolean failed = FutureResult.of(sent.map(false).otherwise(true));
            assertThat(Duration.ofNanos(System.nanoTime() - start))
                .isLessThan(Duration.ofSeconds(8));
            return failed;
          });
      assertThat(failure.get()).isInstanceOf(BrokerUnavailable.class);
      Await.until("noticed", PATIENCE, () -> !broker.available());
    } finally {
      rabbit.clearDiskAlarm();
    }
    Await.until("unblocked", PATIENCE, broker::available);
    FutureResult.of(broker.publish(only(), item(2)));
    FutureResult.of(broker.close());
  }

  @Test
  void itemThatEndsEachProcessIsGivenUpAfterThreeReturns() throws Exception {
    RabbitBroker broker = declared(rabbit.uri());
    for (int i = 0; i < 30; i++) {
      FutureResult.of(broker.publish(only(), item(i)));
    }
    int deaths = 0;
    while (endOf(consumerThatDiesOf("item 5")) == KILLED) {
      deaths++;
      assertThat(deaths).isLessThanOrEqualTo(RedeliveryGuard.LIMIT);
    }
    assertThat(deaths).isEqualTo(RedeliveryGuard.LIMIT);
    Await.until("no item left", PATIENCE, () -> FutureResult.of(broker.depth(only())) == 0);
    List<DeadLetter> letters = FutureResult.of(broker.deadLetters(queue).list(null, 10)).letters();
    assertThat(letters).singleElement().satisfies(RabbitFaultsIT::isItemFive);
    FutureResult.of(broker.close());
  }

  @Test
  void queuesAreDeclaredAtOnceWhileMissingOnesAreCounted() {
    RabbitBroker broker = declared(rabbit.uri());
    AtomicBoolean over = new AtomicBoolean();
    Future<?> counted = countMissing(broker, over);
    for (int i = 0; i < 20; i++) {
      // A lost call would take 15 s.
      FutureResult.of(
          broker.declare(queue + i, Set.of(Lane.NORMAL), 2),
          Contention.allowedFor(Duration.ofSeconds(10)));
    }
    over.set(true);
    FutureResult.failure(counted);
    FutureResult.of(broker.close());
  }

  /** Each answer closes the channel. */
  private static Future<Long> countMissing(RabbitBroker broker, AtomicBoolean over) {
    Future<Long> count = broker.depth(new QueueName("missing", Lane.NORMAL, 0));
    return count.recover(e -> over.get() ? count : countMissing(broker, over));
  }

  @Test
  void channelThatAnswersNoMoreIsReplaced() {
    RabbitBroker broker = declared(rabbit.uri());
    rabbit.control("eval", "[sys:suspend(P) || P <- pg_local:get_members(rabbit_channels)].");
    assertThat(FutureResult.failure(broker.depth(only()))).hasMessageContaining("no answer");
    Await.until(
        "counted again",
        PATIENCE,
        () -> FutureResult.of(broker.depth(only()).map(true).otherwise(false)));
    FutureResult.of(broker.declare(queue + 1, Set.of(Lane.NORMAL), 1));
    FutureResult.of(broker.close());
  }

  private static void isItemFive(DeadLetter letter) {
    assertThat(letter.body()).isEqualTo(item(5));
    assertThat(letter.attempts()).isEqualTo(3);
    assertThat(letter.reason()).contains("3 times").contains("process");
  }

  @Test
  void itemThatConsumersHandOverAgainAndAgainIsNeverGivenUp() {
    for (int i = 0; i < 8; i++) {
      RabbitBroker broker = declared(rabbit.uri()); // Another process, as far as anybody can see.
      if (i == 0) {
        FutureResult.of(broker.publish(only(), item(1)));
      }
      CollectingHandler held = new CollectingHandler(false);
      held.on(broker, only(), 10);
      held.await(1);
      FutureResult.of(broker.close());
    }
    RabbitBroker last = declared(rabbit.uri());
    CollectingHandler held = new CollectingHandler(true);
    held.on(last, only(), 10);
    held.await(1);
    assertThat(FutureResult.of(last.deadLetters(queue).list(null, 10)).letters()).isEmpty();
    FutureResult.of(last.close());
  }

  private Process consumerThatDiesOf(String item) throws Exception {
    return new ProcessBuilder(
            ProcessHandle.current().info().command().orElse("java"),
            "-cp",
            System.getProperty("java.class.path"),
            DyingConsumer.class.getName(),
            rabbit.uri(),
            queue,
            item)
        .redirectError(ProcessBuilder.Redirect.DISCARD)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  private static int endOf(Process process) throws InterruptedException {
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return process.exitValue();
  }

  /** Acks one item after the other until the 30th, but one item ends it. */
  static final class DyingConsumer implements DeliveryHandler {
    private final String deadly;
    private final AtomicReference<Subscription> subscription = new AtomicReference<>();
    private final AtomicBoolean done = new AtomicBoolean();

    private DyingConsumer(String deadly) {
      this.deadly = deadly;
    }

    @Override
    public void deliver(List<Delivery> items) {
      for (Delivery item : items) {
        String text = CollectingHandler.text(item);
        if (text.equals(deadly)) {
          Runtime.getRuntime().halt(KILLED);
        }
        Objects.requireNonNull(subscription.get()).ack(item);
        done.compareAndSet(false, text.equals("item 29"));
      }
    }

    public static void main(String[] args) {
      Vertx vertx = Vertx.vertx();
      Config.Rabbitmq config = RabbitBrokerIT.config(args[0], Duration.ofSeconds(60));
      RabbitBroker broker =
          FutureResult.of(RabbitBroker.connect(vertx, config, new Metrics(), failure -> {}));
      FutureResult.of(broker.declare(args[1], Set.of(Lane.NORMAL), 1));
      QueueName only = new QueueName(args[1], Lane.NORMAL, 0);
      DyingConsumer consumer = new DyingConsumer(args[2]);
      vertx.runOnContext(v -> consumer.subscription.set(broker.consume(only, 100, consumer)));
      Await.until("all items", PATIENCE, consumer.done::get);
      FutureResult.of(broker.close());
      Runtime.getRuntime().halt(0);
    }
  }
}
