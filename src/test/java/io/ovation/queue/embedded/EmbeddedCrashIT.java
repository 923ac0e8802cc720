package io.ovation.queue.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.config.Config;
import io.ovation.disk.Disk;
import io.ovation.metrics.Metrics;
import io.ovation.queue.CollectingHandler;
import io.ovation.queue.Delivery;
import io.ovation.queue.DeliveryHandler;
import io.ovation.queue.Lane;
import io.ovation.queue.QueueName;
import io.ovation.queue.Subscription;
import io.ovation.testkit.Await;
import io.ovation.testkit.FutureResult;
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
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The process that holds the file is killed with {@code kill -9} while it writes. */
class EmbeddedCrashIT {
  private static final QueueName NAME = new QueueName("crash", Lane.NORMAL, 0);
  private static final String KILOBYTE = "x".repeat(1024);

  /** Five processes on the same file: a recovered file must itself be recoverable. */
  @Test
  void everythingConfirmedBeforeAKillSurvivesIt(@TempDir Path dir) throws Exception {
    List<String> confirmed = new ArrayList<>();
    for (int life = 0; life < 5; life++) {
      confirmed.addAll(runUntilKilled(dir, Writer.class, life));
    }
    Vertx vertx = Vertx.vertx();
    try (Disk disk = new Disk(vertx, data(dir), new Metrics())) {
      EmbeddedBroker broker = new EmbeddedBroker(vertx, disk, data(dir), new Metrics());
      FutureResult.of(broker.declare(NAME.queue(), Set.of(Lane.NORMAL), 1));
      long depth = FutureResult.of(broker.depth(NAME));
      assertThat(depth).isGreaterThanOrEqualTo(confirmed.size());
      CollectingHandler consumer = new CollectingHandler(true);
      consumer.on(broker, NAME, 1000);
      consumer.await((int) depth);
      List<String> there =
          consumer.texts().stream().map(text -> text.substring(0, text.indexOf(' '))).toList();
      assertThat(there).containsAll(confirmed).doesNotHaveDuplicates();
      List<String> inOrder = new ArrayList<>(there);
      inOrder.retainAll(Set.copyOf(confirmed));
      assertThat(inOrder).isEqualTo(confirmed);
      FutureResult.of(broker.close());
    } finally {
      FutureResult.of(vertx.close());
    }
  }

  /** Delays of 0 to 3 s: at the kill some items wait, some are moving, some are in the queue. */
  @Test
  void delayedItemsConfirmedBeforeAKillComeOnceAfterIt(@TempDir Path dir) throws Exception {
    List<String> confirmed = runUntilKilled(dir, DelayedWriter.class, 0);
    Vertx vertx = Vertx.vertx();
    try (Disk disk = new Disk(vertx, data(dir), new Metrics())) {
      EmbeddedBroker broker = new EmbeddedBroker(vertx, disk, data(dir), new Metrics());
      FutureResult.of(broker.declare(NAME.queue(), Set.of(Lane.NORMAL), 1));
      CollectingHandler consumer = new CollectingHandler(true);
      consumer.on(broker, NAME, 1000);
      Await.until(
          () -> "all of " + confirmed.size() + ", have " + consumer.count(),
          Duration.ofSeconds(30),
          () -> consumer.distinct().containsAll(confirmed));
      assertThat(consumer.texts()).doesNotHaveDuplicates();
      FutureResult.of(broker.close());
    } finally {
      FutureResult.of(vertx.close());
    }
  }

  /** The first death is in the middle of many items; then they are handed out one at a time. */
  @Test
  void itemThatEndsEachProcessIsGivenUpAfterThreeMore(@TempDir Path dir) throws Exception {
    Vertx vertx = Vertx.vertx();
    Disk disk = new Disk(vertx, data(dir), new Metrics());
    EmbeddedBroker broker = new EmbeddedBroker(vertx, disk, data(dir), new Metrics());
    FutureResult.of(broker.declare(NAME.queue(), Set.of(Lane.NORMAL), 1));
    for (int i = 0; i < 30; i++) {
      FutureResult.of(broker.publish(NAME, ("item " + i).getBytes(StandardCharsets.UTF_8)));
    }
    FutureResult.of(broker.close());
    disk.close();
    int deaths = 0;
    while (child(DyingConsumer.class, dir).waitFor() == DyingConsumer.KILLED) {
      deaths++;
      assertThat(deaths).isLessThanOrEqualTo(4);
    }
    assertThat(deaths).isEqualTo(4);
    try (Disk again = new Disk(vertx, data(dir), new Metrics())) {
      EmbeddedBroker reopened = new EmbeddedBroker(vertx, again, data(dir), new Metrics());
      FutureResult.of(reopened.declare(NAME.queue(), Set.of(Lane.NORMAL), 1));
      assertThat(FutureResult.of(reopened.depth(NAME))).isZero();
      var letters = FutureResult.of(reopened.deadLetters(NAME.queue()).list(null, 10)).letters();
      assertThat(letters).hasSize(1);
      assertThat(new String(letters.get(0).body(), StandardCharsets.UTF_8)).isEqualTo("item 5");
      assertThat(letters.get(0).reason()).contains("ended the process 3 times");
      FutureResult.of(reopened.close());
    } finally {
      FutureResult.of(vertx.close());
    }
  }

  private static Process child(Class<?> main, Path dir) throws IOException {
    return new ProcessBuilder(
            ProcessHandle.current().info().command().orElse("java"),
            "-cp",
            System.getProperty("java.class.path"),
            main.getName(),
            dir.toString())
        .redirectError(ProcessBuilder.Redirect.DISCARD)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  private static List<String> runUntilKilled(Path dir, Class<?> writer, int life)
      throws IOException, InterruptedException {
    Process child =
        new ProcessBuilder(
                ProcessHandle.current().info().command().orElse("java"),
                "-cp",
                System.getProperty("java.class.path"),
                writer.getName(),
                dir.toString(),
                "" + life)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    List<String> confirmed = new ArrayList<>();
    try (BufferedReader out =
        new BufferedReader(new InputStreamReader(child.getInputStream(), StandardCharsets.UTF_8))) {
      String line;
      while ((line = out.readLine()) != null) {
        if (line.startsWith("item-")) {
          confirmed.add(line);
          if (confirmed.size() == 2000) {
            child.toHandle().destroyForcibly(); // What it printed before it died counts too.
          }
        }
      }
    }
    child.waitFor();
    assertThat(confirmed).hasSizeGreaterThanOrEqualTo(2000);
    return confirmed;
  }

  private static Config.Data data(Path dir) {
    return new Config.Data(dir.toString(), 4000);
  }

  /** Publishes, consumes and acks other items meanwhile, and prints what is confirmed. */
  static final class Writer {
    public static void main(String[] args) {
      Vertx vertx = Vertx.vertx();
      Config.Data data = data(Path.of(args[0]));
      Disk disk = new Disk(vertx, data, new Metrics());
      EmbeddedBroker broker = new EmbeddedBroker(vertx, disk, data, new Metrics());
      QueueName noise = new QueueName("noise", Lane.NORMAL, 0);
      FutureResult.of(broker.declare(NAME.queue(), Set.of(Lane.NORMAL), 1));
      FutureResult.of(broker.declare(noise.queue(), Set.of(Lane.NORMAL), 1));
      new CollectingHandler(true).on(broker, noise, 100);
      vertx.runOnContext(v -> next(vertx, broker, noise, args[1], 0));
      Await.until("killed", Duration.ofSeconds(120), () -> false);
    }

    /** A few hundred in flight, confirmed in order, all on one context. */
    private static void next(
        Vertx vertx, EmbeddedBroker broker, QueueName noise, String life, int from) {
      for (int i = from; i < from + 200; i++) {
        String name = "item-" + life + "-" + i;
        byte[] body = (name + " " + KILOBYTE).getBytes(StandardCharsets.UTF_8);
        broker.publish(NAME, body).onSuccess(v -> System.out.println(name));
        broker.publish(noise, body);
      }
      broker
          .publish(noise, new byte[10])
          .onComplete(v -> next(vertx, broker, noise, life, from + 200));
    }
  }

  /** Publishes with delays, a few hundred at a time, and prints what is confirmed. */
  static final class DelayedWriter {
    public static void main(String[] args) {
      Vertx vertx = Vertx.vertx();
      Config.Data data = data(Path.of(args[0]));
      Disk disk = new Disk(vertx, data, new Metrics());
      EmbeddedBroker broker = new EmbeddedBroker(vertx, disk, data, new Metrics());
      FutureResult.of(broker.declare(NAME.queue(), Set.of(Lane.NORMAL), 1));
      vertx.runOnContext(v -> next(broker, 0));
      Await.until("killed", Duration.ofSeconds(120), () -> false);
    }

    private static void next(EmbeddedBroker broker, int from) {
      List<Future<Void>> all = new ArrayList<>();
      for (int i = from; i < from + 200; i++) {
        String name = "item-" + i;
        all.add(
            broker
                .publish(
                    NAME, name.getBytes(StandardCharsets.UTF_8), Duration.ofMillis(15L * (i % 200)))
                .onSuccess(v -> System.out.println(name)));
      }
      Future.all(all).onComplete(v -> next(broker, from + 200));
    }
  }

  /** Acks one item after the other; one item ends it. Ends by itself after the last. */
  static final class DyingConsumer implements DeliveryHandler {
    static final int KILLED = 9;

    private final AtomicReference<Subscription> subscription = new AtomicReference<>();
    private final AtomicBoolean done = new AtomicBoolean();

    @Override
    public void deliver(List<Delivery> items) {
      for (Delivery item : items) {
        String text = CollectingHandler.text(item);
        if (text.equals("item 5")) {
          Runtime.getRuntime().halt(KILLED);
        }
        Objects.requireNonNull(subscription.get()).ack(item);
        done.compareAndSet(false, text.equals("item 29"));
      }
    }

    public static void main(String[] args) {
      Vertx vertx = Vertx.vertx();
      Config.Data data = data(Path.of(args[0]));
      Disk disk = new Disk(vertx, data, new Metrics());
      EmbeddedBroker broker = new EmbeddedBroker(vertx, disk, data, new Metrics());
      FutureResult.of(broker.declare(NAME.queue(), Set.of(Lane.NORMAL), 1));
      DyingConsumer consumer = new DyingConsumer();
      vertx.runOnContext(v -> consumer.subscription.set(broker.consume(NAME, 100, consumer)));
      Await.until("all items", Duration.ofSeconds(60), consumer.done::get);
      FutureResult.of(broker.close());
      disk.close();
      Runtime.getRuntime().halt(0);
    }
  }
}
