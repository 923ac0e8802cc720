package io.ovation.disk;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.config.Config;
import io.ovation.metrics.Metrics;
import io.ovation.testkit.FutureResult;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.h2.mvstore.MVMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the log keeps across ends of the process, of which each copy of the directory is one. */
class RedoLogTest {
  private final Vertx vertx = Vertx.vertx();
  @TempDir private Path dir;
  private int copies;

  @AfterEach
  void close() {
    FutureResult.of(vertx.close());
  }

  private Disk open(Path at) {
    return new Disk(vertx, new Config.Data(at.toString(), 10_000), new Metrics());
  }

  private static MVMap<String, String> map(Disk disk, String name) {
    return disk.map(name, new MVMap.Builder<>());
  }

  /** The files as a process that is killed now leaves them. */
  private Path killed(Path from) throws IOException {
    Path copy = Files.createDirectory(dir.resolve("copy-" + copies++));
    for (String name : new String[] {MvFile.NAME, RedoLog.NAME}) {
      Files.copy(from.resolve(name), copy.resolve(name));
    }
    return copy;
  }

  @Test
  void aMutationThatThrewLeavesNothingInTheLog() throws Exception {
    Path left;
    try (Disk disk = open(dir)) {
      MVMap<String, String> map = map(disk, "m");
      FutureResult.of(disk.write(() -> map.put("a", "1")));
      FutureResult.failure(
          disk.write(
              () -> {
                map.put("a", "2");
                map(disk, "other");
                map.put("b", "2");
                throw new IllegalArgumentException("refused");
              }));
      FutureResult.of(disk.write(() -> map.putIfAbsent("a", "3")));
      FutureResult.of(disk.write(() -> map.put("c", "3")));
      FutureResult.of(disk.write(() -> map.remove("none")));
      left = killed(dir);
    }
    try (Disk disk = open(left)) {
      assertThat(map(disk, "m")).containsOnlyKeys("a", "c").containsEntry("a", "1");
    }
  }

  @Test
  void changesOfAMapThatNobodyOpensOutliveCheckpointsAndKills() throws Exception {
    Path left;
    try (Disk disk = open(dir)) {
      MVMap<String, String> old = map(disk, "old");
      FutureResult.of(disk.write(() -> old.put("a", "1")));
      FutureResult.of(disk.write(() -> old.put("b", "1")));
      FutureResult.of(disk.write(() -> old.remove("b")));
      left = killed(dir);
    }
    for (int i = 0; i < 3; i++) {
      try (Disk disk = open(left)) {
        MVMap<String, String> other = map(disk, "other" + i);
        FutureResult.of(disk.write(() -> other.put("x", "y")));
        left = i == 1 ? killed(left) : left; // Else it closes, which is a checkpoint.
      }
    }
    try (Disk disk = open(left)) {
      assertThat(map(disk, "old")).containsOnlyKeys("a");
      assertThat(map(disk, "other1")).containsEntry("x", "y");
      left = killed(left);
    }
    try (Disk disk = open(left)) {
      assertThat(map(disk, "old")).containsOnlyKeys("a");
    }
  }

  @Test
  void anOldLogIsNotAppliedToANewerFile() throws Exception {
    byte[] log;
    try (Disk disk = open(dir)) {
      MVMap<String, String> map = map(disk, "m");
      FutureResult.of(disk.write(() -> map.put("a", "1")));
      log = Files.readAllBytes(dir.resolve(RedoLog.NAME));
      FutureResult.of(disk.write(() -> map.put("a", "2")));
    }
    Files.write(dir.resolve(RedoLog.NAME), log);
    try (Disk disk = open(dir)) {
      assertThat(map(disk, "m")).containsEntry("a", "2");
    }
  }

  @Test
  void aDamagedRecordAndAllBehindItAreIgnored() throws Exception {
    Path left;
    int first;
    try (Disk disk = open(dir)) {
      MVMap<String, String> map = map(disk, "m");
      FutureResult.of(disk.write(() -> map.put("a", "1")));
      first = (int) Files.size(dir.resolve(RedoLog.NAME));
      FutureResult.of(disk.write(() -> map.put("b", "2")));
      FutureResult.of(disk.write(() -> map.put("c", "3")));
      left = killed(dir);
    }
    byte[] log = Files.readAllBytes(left.resolve(RedoLog.NAME));
    for (int at = first; at < log.length; at += 7) {
      byte[] damaged = log.clone();
      damaged[at] ^= 0x55;
      Files.write(left.resolve(RedoLog.NAME), damaged);
      Path copy = killed(left);
      try (Disk disk = open(copy)) {
        MVMap<String, String> map = map(disk, "m");
        assertThat(map).containsKey("a");
        assertThat(map.size()).isLessThan(3);
        FutureResult.of(disk.write(() -> map.put("d", "4")));
        left = killed(copy);
      }
      try (Disk disk = open(left)) {
        assertThat(map(disk, "m")).containsKeys("a", "d");
      }
    }
    Files.write(left.resolve(RedoLog.NAME), Arrays.copyOf(log, 5));
    open(left).close();
  }
}
