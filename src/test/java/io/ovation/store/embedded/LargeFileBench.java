package io.ovation.store.embedded;

import static io.ovation.store.StoreAssertions.await;

import io.ovation.config.Config;
import io.ovation.disk.Disk;
import io.ovation.metrics.Metrics;
import io.ovation.store.Store;
import io.ovation.store.Store.Append;
import io.vertx.core.Vertx;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * How long a large embedded file takes to open after its process was killed. By hand, its main
 * class on the tests' class path: {@code write DIR MIB} fills a directory and ends without closing
 * it, {@code open DIR} opens it, takes a partition, and appends.
 */
public final class LargeFileBench {
  private static final int PARTITION = 3;
  private static final int STREAMS = 10_000;
  private static final int BATCH = 500;
  private static final int BODY = 2_000;
  private static final int KILLED = 137;

  private final Random random = new Random(1);
  private final Path dir;
  private final Store store;
  private final long epoch;
  private int written;

  private LargeFileBench(Path dir) {
    long begun = System.nanoTime();
    Vertx vertx = Vertx.vertx();
    this.dir = dir;
    Disk disk = new Disk(vertx, new Config.Data(dir.toString(), 1_000), new Metrics());
    Config.History all = new Config.History(100_000, 1 << 28, Duration.ofHours(24));
    this.store = EmbeddedStore.open(vertx, disk, all, new Metrics());
    report("open", begun);
    this.epoch = await(store.takePartition(PARTITION));
    append();
    report("has taken a partition and appended", begun);
  }

  public static void main(String[] arguments) throws Exception {
    LargeFileBench file = new LargeFileBench(Path.of(arguments[1]));
    if (arguments[0].equals("write")) {
      file.write(Long.parseLong(arguments[2]) << 20);
    }
    Runtime.getRuntime().halt(KILLED);
  }

  private void write(long bytes) throws Exception {
    while (size() < bytes) {
      for (int i = 0; i < 100; i++) {
        append();
      }
      System.err.printf("%,d MiB%n", size() >> 20);
    }
  }

  private void append() {
    List<Append> batch = new ArrayList<>(BATCH);
    long run = System.nanoTime();
    for (int i = 0; i < BATCH; i++) {
      byte[] body = new byte[BODY];
      random.nextBytes(body);
      String id = run + "-" + written++;
      batch.add(new Append("s" + random.nextInt(STREAMS), "u" + i, id, 0, body));
    }
    await(store.append(PARTITION, epoch, batch));
  }

  private long size() throws Exception {
    try (var files = Files.list(dir)) {
      return files.mapToLong(file -> file.toFile().length()).sum();
    }
  }

  private static void report(String what, long since) {
    System.out.printf("%s after %,d ms%n", what, (System.nanoTime() - since) / 1_000_000);
  }
}
