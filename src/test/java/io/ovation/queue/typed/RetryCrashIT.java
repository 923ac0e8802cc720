package io.ovation.queue.typed;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.async.Backoff;
import io.ovation.metrics.Metrics;
import io.ovation.queue.Broker;
import io.ovation.queue.Brokers;
import io.ovation.queue.Partitions;
import io.ovation.queue.typed.consumer.ConsumerOptions;
import io.ovation.queue.typed.consumer.QueueConsumer;
import io.ovation.shapes.Errand;
import io.ovation.shapes.ErrandsHandler;
import io.ovation.shapes.ErrandsProducer;
import io.ovation.shapes.ErrandsQueue;
import io.ovation.testkit.Await;
import io.ovation.testkit.FutureResult;
import io.ovation.testkit.RabbitServer;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A consumer is killed with {@code kill -9} between two attempts of an item. */
class RetryCrashIT {

  @Test
  void retryAndItsCountSurviveAKilledConsumerOnTheEmbeddedBroker(@TempDir Path dir)
      throws Exception {
    crashTwice(dir.toString());
  }

  @Test
  void retryAndItsCountSurviveAKilledConsumerOnRabbit() throws Exception {
    try (RabbitServer rabbit = new RabbitServer()) {
      crashTwice(rabbit.uri());
    }
  }

  /**
   * An attempt that a kill interrupts is repeated with the same number; the last one ends the item.
   */
  private static void crashTwice(String where) throws Exception {
    assertThat(attemptsUntil(where, "enqueue", 1, "attempt 1")).containsExactly(0, 1);
    assertThat(attemptsUntil(where, "consume", 2, "attempt 2")).containsExactly(1, 2);
    assertThat(attemptsUntil(where, "consume", 9, "dead after 4")).containsExactly(2, 3);
  }

  /** The attempts that a child made before it printed {@code last} and was killed. */
  private static List<Integer> attemptsUntil(String where, String role, int stuck, String last)
      throws IOException, InterruptedException {
    Process child =
        new ProcessBuilder(
                ProcessHandle.current().info().command().orElse("java"),
                "-cp",
                System.getProperty("java.class.path"),
                Worker.class.getName(),
                where,
                role,
                Integer.toString(stuck))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    List<Integer> attempts = new ArrayList<>();
    try (BufferedReader out =
        new BufferedReader(new InputStreamReader(child.getInputStream(), StandardCharsets.UTF_8))) {
      String line;
      do {
        line = out.readLine();
        if (line != null && line.startsWith("attempt ")) {
          attempts.add(Integer.valueOf(line.substring("attempt ".length())));
        }
      } while (line != null && !line.equals(last));
      assertThat(line).isEqualTo(last);
    } finally {
      child.toHandle().destroyForcibly();
      child.waitFor();
    }
    return attempts;
  }

  /** Fails every attempt except one, in which it gets stuck; prints what it does. */
  static final class Worker {
    public static void main(String[] args) {
      Vertx vertx = Vertx.vertx();
      Metrics metrics = new Metrics();
      Broker broker =
          FutureResult.of(
              args[0].startsWith("amqp:")
                  ? Brokers.rabbit(vertx, args[0], metrics, lost -> {})
                  : Brokers.embedded(vertx, Path.of(args[0]), metrics));
      Contract contract = ErrandsQueue.contract();
      FutureResult.of(broker.declare(contract.queue(), contract.lanes(), 1));
      if (args[1].equals("enqueue")) {
        FutureResult.of(
            new ErrandsProducer(broker, new Partitions(1), InstantSource.system(), metrics)
                .enqueueHaul(
                    Errand.newBuilder().setId("e1").build(),
                    EnqueueOptions.none()
                        .withMaxAttempts(4)
                        .withBackoff(
                            new Backoff(Duration.ofSeconds(1), 2, Duration.ofSeconds(3), 0))));
      }
      vertx.runOnContext(
          v ->
              new QueueConsumer(
                      vertx,
                      broker,
                      ErrandsQueue.register(new Failing(Integer.parseInt(args[2]))),
                      new ConsumerOptions(1, 10, Duration.ofSeconds(1)),
                      InstantSource.system(),
                      metrics)
                  .own(Set.of(0)));
      Await.until(
          "killed",
          Duration.ofSeconds(120),
          () -> {
            FutureResult.of(broker.deadLetters("errands").list(null, 1))
                .letters()
                .forEach(letter -> System.out.println("dead after " + letter.attempts()));
            Await.pass(Duration.ofMillis(200));
            return false;
          });
    }
  }

  private record Failing(int stuck) implements ErrandsHandler {
    @Override
    public Future<Void> run(Errand request, ItemMetadata meta) {
      return Future.succeededFuture();
    }

    @Override
    public Future<Void> dash(Errand request, ItemMetadata meta) {
      return Future.succeededFuture();
    }

    @Override
    public Future<Void> haul(Errand request, ItemMetadata meta) {
      System.out.println("attempt " + meta.attempt());
      return meta.attempt() == stuck
          ? Promise.<Void>promise().future()
          : Future.failedFuture("not yet");
    }
  }
}
