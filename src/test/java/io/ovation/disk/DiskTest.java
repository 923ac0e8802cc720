package io.ovation.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ovation.config.Config;
import io.ovation.config.ConfigException;
import io.ovation.metrics.Metrics;
import io.ovation.testkit.Await;
import io.ovation.testkit.FutureResult;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.h2.mvstore.MVMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DiskTest {
  private static final int IN_FLIGHT = 1000;

  private Path dir;
  private final Vertx vertx = Vertx.vertx();
  private final Metrics metrics = new Metrics();
  private final AtomicLong usable = new AtomicLong(Long.MAX_VALUE);
  private final List<Throwable> failures = new CopyOnWriteArrayList<>();
  private volatile boolean broken;
  private Disk disk;
  private MVMap<String, String> map;

  @BeforeEach
  void start(@TempDir Path dir) {
    this.dir = dir;
    open();
  }

  private void open() {
    disk =
        new Disk(
            vertx, new Config.Data(dir.toString(), IN_FLIGHT), metrics, this::free, failures::add);
    map = disk.map("m", new MVMap.Builder<>());
  }

  private long free() {
    if (broken) {
      throw new IllegalStateException("input/output error");
    }
    return usable.get();
  }

  @AfterEach
  void close() {
    disk.close();
    FutureResult.of(vertx.close());
  }

  @Test
  void writesAreThereAfterReopening() {
    FutureResult.of(disk.write(() -> map.put("a", "1")));
    disk.close();
    open();
    assertThat(map).containsEntry("a", "1");
  }

  @Test
  void mutationThatThrowsChangesNothingAndHurtsNobodyElse() {
    FutureResult.of(disk.write(() -> map.put("kept", "old")));
    MVMap<String, String> other = disk.map("other", new MVMap.Builder<>());
    Future<String> before = disk.write(() -> map.put("before", "1"));
    Future<Void> bad =
        disk.write(
            () -> {
              map.put("kept", "new");
              map.put("kept", "newer");
              map.remove("before");
              other.put("x", "y");
              throw new IllegalArgumentException("refused");
            });
    Future<String> after = disk.write(() -> map.put("after", "1"));
    assertThat(FutureResult.failure(bad)).hasMessage("refused");
    FutureResult.of(before);
    FutureResult.of(after);
    assertThat(map).containsOnlyKeys("kept", "before", "after").containsEntry("kept", "old");
    assertThat(other).isEmpty();
  }

  @Test
  void aDiskThatFailsIsReportedOnceWhenAllWritesHaveTheirAnswer() {
    FutureResult.of(disk.write(() -> map.put("a", "1")));
    CountDownLatch gate = new CountDownLatch(1);
    disk.write(() -> await(gate));
    broken = true;
    List<Future<String>> writes = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      writes.add(disk.write(() -> map.put("b", "1")));
    }
    gate.countDown();
    Await.until("the report", Duration.ofSeconds(30), () -> !failures.isEmpty());
    for (Future<String> write : writes) {
      assertThat(FutureResult.failure(write)).isInstanceOf(DiskUnavailable.class);
    }
    assertThat(disk.healthy()).isFalse();
    disk.close();
    assertThat(failures).singleElement().isInstanceOf(DiskUnavailable.class);
    broken = false;
    open();
    assertThat(map).containsOnlyKeys("a");
  }

  @Test
  void clearIsUndoneToo() {
    FutureResult.of(disk.write(() -> map.put("a", "1")));
    FutureResult.failure(
        disk.write(
            () -> {
              map.clear();
              throw new IllegalArgumentException("refused");
            }));
    assertThat(map).containsEntry("a", "1");
  }

  @Test
  void mapsRefuseChangesOutsideTheDiskThread() {
    assertThatThrownBy(() -> map.put("a", "1")).hasMessageContaining("outside Disk.write");
    assertThat(map).isEmpty();
  }

  @Test
  void manyWritesShareOneSyncAndKeepTheirOrder() throws Exception {
    CountDownLatch gate = new CountDownLatch(1);
    disk.write(() -> await(gate));
    List<Future<String>> writes = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      String value = "" + i;
      writes.add(disk.write(() -> map.put("last", value)));
    }
    gate.countDown();
    FutureResult.of(Future.all(writes));
    assertThat(map.get("last")).isEqualTo("499");
    assertThat(metrics.registry().get("ovation.disk.groups").counter().count())
        .isLessThanOrEqualTo(2);
  }

  @Test
  void resultsComeOnTheCallersContext() {
    Context context = vertx.getOrCreateContext();
    Promise<Context> seen = Promise.promise();
    context.runOnContext(
        v -> disk.write(() -> "x").onComplete(r -> seen.complete(Vertx.currentContext())));
    assertThat(FutureResult.of(seen.future())).isSameAs(context);
  }

  @Test
  void writesBeyondTheBoundAreRefusedAtOnce() {
    CountDownLatch gate = new CountDownLatch(1);
    List<Future<?>> waiting = new ArrayList<>();
    for (int i = 0; i < IN_FLIGHT; i++) {
      waiting.add(disk.write(() -> await(gate)));
    }
    Future<String> refused = disk.write(() -> map.put("a", "1"));
    assertThat(refused.failed()).isTrue();
    assertThat(refused.cause())
        .isInstanceOf(DiskUnavailable.class)
        .hasMessageContaining("1000 writes");
    gate.countDown();
    FutureResult.of(Future.all(waiting));
    FutureResult.of(disk.write(() -> map.put("a", "1")));
  }

  @Test
  void fullVolumeRefusesWritesUntilThereIsRoomAgain() {
    usable.set(1 << 20);
    assertThat(FutureResult.failure(disk.write(() -> map.put("a", "1"))))
        .isInstanceOf(DiskUnavailable.class)
        .hasMessageContaining("full");
    assertThat(disk.healthy()).isFalse();
    assertThat(map).isEmpty();
    usable.set(1L << 30);
    Await.until("healthy again", Duration.ofSeconds(10), disk::healthy);
    FutureResult.of(disk.write(() -> map.put("a", "1")));
  }

  @Test
  void aFileInPlaceOfTheDirectoryIsAWrongConfiguration() throws IOException {
    Path file = Files.writeString(dir.resolve("file"), "");
    for (Path taken : List.of(file, file.resolve("below"))) {
      Config.Data data = new Config.Data(taken.toString(), 10);
      assertThatThrownBy(() -> new Disk(vertx, data, new Metrics()))
          .isInstanceOf(ConfigException.class)
          .hasMessageContaining(file + " is not a directory")
          .hasMessageContaining("OVATION_DATA_DIR");
    }
  }

  @Test
  void secondOwnerIsToldWhoseFileItIs() {
    assertThatThrownBy(() -> new Disk(vertx, new Config.Data(dir.toString(), 10), new Metrics()))
        .isInstanceOf(DiskUnavailable.class)
        .hasMessageContaining("Another process uses")
        .hasMessageContaining("OVATION_DATA_DIR");
  }

  @Test
  void spaceOfRemovedEntriesIsGivenBack() throws Exception {
    String kilobyte = "x".repeat(1024);
    for (int round = 0; round < 30; round++) {
      List<Future<String>> writes = new ArrayList<>();
      for (int i = 0; i < IN_FLIGHT; i++) {
        String key = "%03d-%05d".formatted(round, i);
        writes.add(disk.write(() -> map.put(key, kilobyte)));
      }
      FutureResult.of(Future.all(writes));
    }
    disk.close();
    open();
    Path file = dir.resolve(MvFile.NAME);
    long full = Files.size(file);
    assertThat(full).isGreaterThan(25L << 20);
    FutureResult.of(
        disk.write(
            () -> {
              map.clear();
              return null;
            }));
    Await.until("small again", Duration.ofSeconds(20), () -> file.toFile().length() < full / 10);
    FutureResult.of(disk.write(() -> map.put("a", "1")));
  }

  @Test
  void steadyQueueKeepsTheFileSmall() throws Exception {
    String kilobyte = "x".repeat(1024);
    MVMap<Long, String> queue = disk.map("q", new MVMap.Builder<>());
    for (long group = 0; group < 600; group++) {
      long first = group * 100;
      FutureResult.of(
          disk.write(
              () -> {
                for (long i = first; i < first + 100; i++) {
                  queue.put(i, kilobyte);
                  if (i % 1000 != 0) { // A straggler now and then, as slow streams leave.
                    queue.remove(i - 300);
                  }
                }
                return null;
              }));
    }
    // 60 MB went through; 0.4 MB are live.
    assertThat(Files.size(dir.resolve(MvFile.NAME))).isLessThan(20L << 20);
  }

  @Test
  void closeSyncsWhatIsQueued() {
    List<Future<String>> writes = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      String value = "" + i;
      writes.add(disk.write(() -> map.put("last", value)));
    }
    disk.close();
    FutureResult.of(Future.all(writes));
    assertThat(disk.healthy()).isFalse();
    assertThat(FutureResult.failure(disk.write(() -> "x"))).isInstanceOf(DiskUnavailable.class);
    open();
    assertThat(map.get("last")).isEqualTo("499");
  }

  private static Void await(CountDownLatch gate) {
    try {
      assertThat(gate.await(30, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    return null;
  }
}
