package io.ovation.queue.rabbit;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.metrics.Metrics;
import io.ovation.queue.CollectingHandler;
import io.ovation.queue.Lane;
import io.ovation.queue.QueueName;
import io.ovation.testkit.Await;
import io.ovation.testkit.FutureResult;
import io.ovation.testkit.RabbitServer;
import io.vertx.core.Vertx;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A cluster of three RabbitMQ nodes, each queue on all of them. */
class RabbitClusterIT {
  private static final int PARTITIONS = 4;
  private static final Duration BACK = Duration.ofSeconds(10);

  private final Vertx vertx = Vertx.vertx();
  private final List<RabbitServer> nodes = new ArrayList<>();
  private final Set<String> confirmed = ConcurrentHashMap.newKeySet();
  private volatile boolean stopped;

  @AfterEach
  void stop() {
    stopped = true;
    FutureResult.of(vertx.close());
    for (int i = nodes.size() - 1; i >= 0; i--) {
      nodes.get(i).close();
    }
  }

  @Test
  void killedNodeLosesNothingAndEveryQueueTakesItemsWithinTenSeconds() throws Exception {
    nodes.add(new RabbitServer());
    nodes.add(RabbitServer.joining(nodes.get(0)));
    nodes.add(RabbitServer.joining(nodes.get(0)));
    String hosts =
        nodes.stream().map(node -> "127.0.0.1:" + node.port()).collect(Collectors.joining(","));
    List<Throwable> gaveUp = new CopyOnWriteArrayList<>();
    RabbitBroker broker =
        FutureResult.of(
            RabbitBroker.connect(
                vertx,
                RabbitBrokerIT.config("amqp://guest:guest@" + hosts, Duration.ofSeconds(90)),
                new Metrics(),
                gaveUp::add));
    FutureResult.of(broker.declare("c", Set.of(Lane.NORMAL), PARTITIONS));
    List<Acking> acking =
        IntStream.range(0, PARTITIONS).mapToObj(i -> new Acking(broker, i)).toList();
    Thread load = new Thread(() -> publish(broker), "load");
    load.start();
    Await.until("load", Duration.ofSeconds(30), () -> confirmed.size() > 1_000);
    for (RabbitServer node : nodes) { // One of them has our connections.
      node.kill();
      long start = System.nanoTime();
      for (int partition = 0; partition < PARTITIONS; partition++) {
        int each = partition;
        Await.until(
            "partition " + each,
            BACK,
            () ->
                FutureResult.of(
                    broker.publish(name(each), item("back")).map(true).otherwise(false)));
      }
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(BACK);
      node.start();
    }
    stopped = true;
    load.join();
    Await.until(
        () -> "all confirmed, missing " + missing(acking),
        Duration.ofSeconds(60),
        () -> missing(acking).isEmpty());
    assertThat(gaveUp).isEmpty();
    FutureResult.of(broker.close());
  }

  private static QueueName name(int partition) {
    return new QueueName("c", Lane.NORMAL, partition);
  }

  private static byte[] item(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private void publish(RabbitBroker broker) {
    for (int i = 0; !stopped; i++) {
      String text = "item " + i;
      broker.publish(name(i % PARTITIONS), item(text)).onSuccess(v -> confirmed.add(text));
      LockSupport.parkNanos(1_000_000); // About 1,000/s.
    }
  }

  private List<String> missing(List<Acking> consumers) {
    Set<String> got =
        consumers.stream()
            .flatMap(each -> each.handler.texts().stream())
            .collect(Collectors.toSet());
    return confirmed.stream().filter(text -> !got.contains(text)).limit(10).toList();
  }

  private record Acking(CollectingHandler handler) {
    Acking(RabbitBroker broker, int partition) {
      this(new CollectingHandler(true));
      handler.on(broker, name(partition), 200);
    }
  }
}
