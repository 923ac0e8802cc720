package io.ovation.queue.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.config.Config;
import io.ovation.disk.Disk;
import io.ovation.metrics.Metrics;
import io.ovation.queue.Broker;
import io.ovation.queue.BrokerContract;
import io.ovation.queue.CollectingHandler;
import io.ovation.queue.Delivery;
import io.ovation.queue.Lane;
import io.ovation.queue.QueueName;
import io.ovation.queue.Subscription;
import io.ovation.testkit.Await;
import io.ovation.testkit.Contention;
import io.ovation.testkit.FutureResult;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import java.lang.ref.WeakReference;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

@SuppressWarnings("NullAway.Init") // start comes first.
@Execution(ExecutionMode.CONCURRENT)
class EmbeddedBrokerTest extends BrokerContract {
  private final Vertx vertx = Vertx.vertx();
  private Metrics metrics;
  private Config.Data data;
  private Disk disk;
  private EmbeddedBroker broker;

  @Override
  protected void start(Path dir) {
    data = new Config.Data(dir.toString(), IN_FLIGHT);
    open();
  }

  private void open() {
    disk = new Disk(vertx, data, new Metrics());
    metrics = new Metrics();
    broker = new EmbeddedBroker(vertx, disk, data, metrics);
    FutureResult.of(broker.declare(queue, Set.of(Lane.NORMAL), 2));
  }

  @AfterEach
  void stop() {
    FutureResult.of(broker.close());
    disk.close();
    FutureResult.of(vertx.close());
  }

  @Test
  void unackedItemsComeBackAfterARestartAndAckedOnesDoNot() {
    publish(0, 10);
    List<Delivery> before = new CopyOnWriteArrayList<>();
    Subscription subscription = broker.consume(name, 5, before::addAll);
    Await.until("deliveries", Duration.ofSeconds(10), () -> before.size() == 5);
    subscription.ackThrough(before.get(2));
    Await.until("more", Duration.ofSeconds(10), () -> before.size() == 8);
    FutureResult.of(broker.close());
    disk.close();

    open();
    assertThat(FutureResult.of(broker.depth(name))).isEqualTo(7);
    List<Delivery> after = new CopyOnWriteArrayList<>();
    broker.consume(name, 50, after::addAll);
    Await.until("all", Duration.ofSeconds(10), () -> after.size() == 7);
    assertThat(after).allMatch(Delivery::redelivered);
    assertThat(new String(after.get(0).body(), java.nio.charset.StandardCharsets.UTF_8))
        .isEqualTo("item 3");
  }

  @Test
  void delayedItemsComeAfterARestartToo() {
    FutureResult.of(broker.publish(name, item(1), Duration.ofMillis(200)));
    FutureResult.of(broker.publish(name, item(2), Duration.ofSeconds(2)));
    FutureResult.of(broker.close());
    disk.close();

    long restarted = System.nanoTime();
    open();
    CollectingHandler consumer = new CollectingHandler(true);
    consumer.on(broker, name, 10);
    consumer.await(2);
    assertThat(consumer.texts()).containsExactly("item 1", "item 2");
    assertThat(Duration.ofNanos(System.nanoTime() - restarted))
        .isLessThan(Contention.allowedFor(Duration.ofSeconds(10)));
  }

  @Test
  void delayedItemOfAnUndeployedVerticleIsStillDelivered() {
    VerticleBase publisher =
        new VerticleBase() {
          @Override
          public Future<?> start() {
            return broker.publish(name, item(1), Duration.ofMillis(200));
          }
        };
    FutureResult.of(vertx.deployVerticle(publisher).compose(vertx::undeploy));
    CollectingHandler consumer = new CollectingHandler(true);
    consumer.on(broker, name, 10);
    consumer.await(1);
    assertThat(consumer.texts()).containsExactly("item 1");
  }

  @Test
  void closedSubscriptionAndItsItemsAreNotKeptInMemory() {
    publish(0, 5);
    CollectingHandler consumer = new CollectingHandler(false);
    var subscription = (EmbeddedSubscription) consumer.on(broker, name, 5);
    consumer.await(5);
    assertThat(subscription.room()).isZero();

    FutureResult.of(subscription.close());

    assertThat(subscription.room()).isEqualTo(5);
    WeakReference<Subscription> kept = closedSubscription();
    Await.until(
        "the subscription is garbage",
        Duration.ofSeconds(10),
        () -> {
          System.gc();
          return kept.get() == null;
        });
  }

  @Test
  void otherQueuesLeaveAQuarterOfThePlacesToTheOneThatHasAReserve() {
    QueueName other = new QueueName(queue + "-other", Lane.NORMAL, 0);
    FutureResult.of(broker.declare(other.queue(), Set.of(Lane.NORMAL), 1));
    broker.reserveFor(queue);
    CompletableFuture<Boolean> slowDisk = new CompletableFuture<>();
    disk.write(slowDisk::join);
    int places = IN_FLIGHT - IN_FLIGHT / 4;
    List<Future<Void>> others = new ArrayList<>();
    for (int i = 0; i < places; i++) {
      others.add(broker.publish(other, item(i)));
    }
    Future<Void> reserved = broker.publish(name, item(1));
    slowDisk.complete(true);
    FutureResult.of(reserved);
    FutureResult.of(Future.join(others).otherwiseEmpty());
    assertThat(others).filteredOn(Future::failed).hasSize(places / 4);
  }

  private WeakReference<Subscription> closedSubscription() {
    Subscription subscription = broker.consume(name, 5, items -> {});
    FutureResult.of(subscription.close());
    return new WeakReference<>(subscription);
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
