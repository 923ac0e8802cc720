package io.ovation.bench;

import io.ovation.metrics.Metrics;
import io.ovation.queue.Broker;
import io.ovation.queue.Brokers;
import io.ovation.testkit.Servers;
import io.vertx.core.Vertx;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/**
 * {@code rabbit CLASSPATH_OF_PERFTEST}: the typed queue beside PerfTest on one RabbitMQ, in turns;
 * {@code embedded}: durable enqueues of the embedded queue. Prints Markdown.
 */
public final class QueueBench {
  private static final int ROUNDS = 3;

  private QueueBench() {}

  public static void main(String[] arguments) throws Exception {
    try {
      if (arguments[0].equals("rabbit")) {
        rabbit(arguments[1]);
      } else {
        embedded();
      }
      System.exit(0);
    } catch (Exception | AssertionError e) {
      e.printStackTrace();
      System.exit(1); // The servers' and Vert.x's threads would hold the process.
    }
  }

  private static void rabbit(String classpath) throws Exception {
    String uri = Servers.rabbit().uri();
    PerfTest perfTest = new PerfTest(classpath, uri);
    Vertx vertx = Vertx.vertx();
    Broker broker =
        Brokers.rabbit(vertx, uri, new Metrics(), Throwable::printStackTrace)
            .toCompletionStage()
            .toCompletableFuture()
            .get(60, TimeUnit.SECONDS);
    TypedQueue ours = new TypedQueue(vertx, broker);
    double[][] rates = new double[4][ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
      System.err.printf("round %d of %d: publish ...%n", i + 1, ROUNDS);
      rates[0][i] = perfTest.publish("perftest");
      rates[1][i] = ours.publish();
      System.err.printf("round %d of %d: consume ...%n", i + 1, ROUNDS);
      rates[2][i] = perfTest.consume("perftest");
      rates[3][i] = ours.consume();
    }
    System.out.println("| | PerfTest /s | typed queue /s | ratio, by round | median |");
    System.out.println("| --- | --- | --- | --- | --- |");
    row("confirmed publishes", rates[0], rates[1]);
    row("handled and acked", rates[2], rates[3]);
  }

  private static void row(String what, double[] theirs, double[] ours) {
    double[] ratios = new double[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
      ratios[i] = ours[i] / theirs[i];
    }
    System.out.printf(
        Locale.ROOT,
        "| %s | %.0f | %.0f | %.2f %.2f %.2f | %.2f |%n",
        what,
        median(theirs),
        median(ours),
        ratios[0],
        ratios[1],
        ratios[2],
        median(ratios));
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }

  private static void embedded() throws Exception {
    Vertx vertx = Vertx.vertx();
    Path directory = Files.createTempDirectory(Path.of("target"), "bench");
    Broker broker =
        Brokers.embedded(vertx, directory, new Metrics())
            .toCompletionStage()
            .toCompletableFuture()
            .get(60, TimeUnit.SECONDS);
    double[] rates = new double[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
      System.err.printf("round %d of %d: durable enqueues ...%n", i + 1, ROUNDS);
      rates[i] = new TypedQueue(vertx, broker).publish();
    }
    System.out.printf(
        Locale.ROOT, "embedded, one core: %.0f durable enqueues/s (median)%n", median(rates));
  }
}
