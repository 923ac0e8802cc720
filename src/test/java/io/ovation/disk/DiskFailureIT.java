package io.ovation.disk;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.config.Config;
import io.ovation.metrics.Metrics;
import io.ovation.testkit.FutureResult;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import org.h2.mvstore.MVMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A file that really can't grow: the operating system's limit on the child process's files. */
class DiskFailureIT {

  @Test
  void failedWriteIsToldToAllAndWhatWasConfirmedIsThereAfterARestart(@TempDir Path dir)
      throws Exception {
    Process child =
        new ProcessBuilder(
                "bash",
                "-c",
                "ulimit -f 8192; exec \"$@\"", // 8 MiB, in KiB
                "child",
                ProcessHandle.current().info().command().orElse("java"),
                "-XX:-UsePerfData",
                "-cp",
                System.getProperty("java.class.path"),
                Filler.class.getName(),
                dir.toString())
            .redirectErrorStream(true)
            .start();
    String output = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(child.waitFor()).as(output).isZero();
    long confirmed =
        Long.parseLong(
            output
                .lines()
                .filter(l -> l.startsWith("confirmed "))
                .findFirst()
                .orElseThrow()
                .substring(10));
    assertThat(confirmed).isPositive();

    Vertx vertx = Vertx.vertx();
    try (Disk disk = new Disk(vertx, new Config.Data(dir.toString(), 100), new Metrics())) {
      MVMap<Long, byte[]> map = disk.map("m", new MVMap.Builder<>());
      assertThat(map.sizeAsLong()).isGreaterThanOrEqualTo(confirmed);
      FutureResult.of(disk.write(() -> map.remove(0L)));
    } finally {
      FutureResult.of(vertx.close());
    }
  }

  /** Writes until it fails; exits with 0 if the failure is reported as promised. */
  static final class Filler {
    public static void main(String[] args) {
      Vertx vertx = Vertx.vertx();
      CompletableFuture<Throwable> failure = new CompletableFuture<>();
      Config.Data data = new Config.Data(args[0], 100);
      Disk disk = new Disk(vertx, data, new Metrics(), failure::complete);
      MVMap<Long, byte[]> map = disk.map("m", new MVMap.Builder<>());
      long confirmed = 0;
      while (true) {
        long key = confirmed;
        Future<byte[]> write = disk.write(() -> map.put(key, new byte[100_000]));
        if (!FutureResult.of(write.map(true).otherwise(false))) {
          break;
        }
        confirmed++;
      }
      Throwable next = FutureResult.failure(disk.write(() -> map.put(-1L, new byte[1])));
      assertThat(next).isInstanceOf(DiskUnavailable.class).hasMessageContaining("restarted");
      assertThat(disk.healthy()).isFalse();
      assertThat(failure.join()).isInstanceOf(DiskUnavailable.class);
      disk.close();
      System.out.println("confirmed " + confirmed);
      System.exit(0);
    }
  }
}
