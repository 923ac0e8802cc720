package io.ovation.store.embedded;

import static io.ovation.store.StoreAssertions.await;
import static io.ovation.store.StoreAssertions.item;
import static io.ovation.store.StoreAssertions.offsets;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.config.Config;
import io.ovation.disk.Disk;
import io.ovation.metrics.Metrics;
import io.ovation.store.Store;
import io.vertx.core.Vertx;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A JVM that writes is killed right after a write was confirmed. */
class EmbeddedStoreCrashIT {
  private static final int P = 3;
  private static final int WRITES = 100;
  @TempDir Path dir;

  @Test
  void whatWasAnsweredSurvivesAKillOfTheProcess() throws Exception {
    int confirmed = writeUntilKilled();

    Vertx vertx = Vertx.vertx();
    try (Disk disk = new Disk(vertx, data(dir), new Metrics())) {
      Store store = open(vertx, disk);
      List<Long> kept = offsets(await(store.history(P, "s", 0, 100_000)));
      assertThat(kept).hasSizeGreaterThanOrEqualTo(confirmed).startsWith(1L, 2L, 3L).isSorted();
      assertThat(await(store.lastOffset(P, "s"))).isEqualTo(kept.size());
      assertThat(await(store.append(P, 1, List.of(item("s", "u", "id" + confirmed, 0)))))
          .containsExactly(new Store.Appended(confirmed, confirmed - 1, true));
      assertThat(await(store.read("k")).orElseThrow().version()).isGreaterThanOrEqualTo(confirmed);
      assertThat(await(store.takePartition(P))).isEqualTo(2);
    } finally {
      await(vertx.close());
    }
  }

  private int writeUntilKilled() throws IOException, InterruptedException {
    Process child =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Writer.class.getName(),
                dir.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (BufferedReader out =
        new BufferedReader(new InputStreamReader(child.getInputStream(), UTF_8))) {
      int confirmed = 0;
      while (confirmed < WRITES) {
        String line = out.readLine();
        assertThat(line).as("the child ended early").isNotNull();
        confirmed = line.startsWith("done ") ? Integer.parseInt(line.substring(5)) : confirmed;
      }
      child.destroyForcibly();
      return confirmed;
    } finally {
      child.destroyForcibly();
      assertThat(child.waitFor(10, TimeUnit.SECONDS)).isTrue();
    }
  }

  private static Config.Data data(Path dir) {
    return new Config.Data(dir.toString(), 1_000);
  }

  private static Store open(Vertx vertx, Disk disk) {
    return EmbeddedStore.open(
        vertx, disk, new Config.History(100_000, 1 << 22, Duration.ofHours(1)), new Metrics());
  }

  /** The child: says "done n" as soon as the nth write is answered, and goes on. */
  static final class Writer {
    private Writer() {}

    public static void main(String[] args) {
      Vertx vertx = Vertx.vertx();
      Store store = open(vertx, new Disk(vertx, data(Path.of(args[0])), new Metrics()));
      long epoch = await(store.takePartition(P));
      for (int n = 1; n < 100_000; n++) {
        await(store.append(P, epoch, List.of(item("s", "u", "id" + n, n))));
        await(store.compareAndSet("k", n - 1, "v", Duration.ofHours(1)));
        System.out.println("done " + n);
      }
    }
  }
}
