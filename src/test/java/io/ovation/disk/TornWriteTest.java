package io.ovation.disk;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.config.Config;
import io.ovation.metrics.Metrics;
import io.ovation.testkit.FutureResult;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.h2.mvstore.MVMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A process or machine that dies while a group is written leaves some of its blocks in the file and
 * others not. Here every such file is opened, with the blocks written in either order.
 */
class TornWriteTest {
  private static final int BLOCK = 4096;
  private final Vertx vertx = Vertx.vertx();

  @AfterEach
  void close() {
    FutureResult.of(vertx.close());
  }

  private Disk open(Path dir) {
    return new Disk(vertx, new Config.Data(dir.toString(), 10_000), new Metrics());
  }

  private static MVMap<Long, String> map(Disk disk, String name) {
    return disk.map(name, new MVMap.Builder<>());
  }

  @Test
  void whatWasConfirmedIsThereWhateverPartOfTheNextGroupIs(@TempDir Path dir) throws Exception {
    Path file = dir.resolve(MvFile.NAME);
    List<byte[]> files = new ArrayList<>();
    List<Long> confirmed = new ArrayList<>();
    try (Disk disk = open(dir)) {
      MVMap<Long, String> a = map(disk, "a");
      MVMap<Long, String> b = map(disk, "b");
      for (long group = 1; group <= 12; group++) {
        write(disk, a, b, group);
        files.add(Files.readAllBytes(file));
        confirmed.add(group);
      }
    }
    for (int i = 1; i < files.size(); i++) {
      tear(dir, files.get(i - 1), files.get(i), confirmed.get(i - 1));
    }
  }

  /** Each group adds to two maps, and removes most of what an earlier one added. */
  private static void write(Disk disk, MVMap<Long, String> a, MVMap<Long, String> b, long group) {
    List<Future<?>> writes = new ArrayList<>();
    writes.add(
        disk.write(
            () -> {
              for (long i = 0; i < 40; i++) {
                a.put(group * 100 + i, "x".repeat(300));
                a.remove((group - 2) * 100 + i);
              }
              return b.put(group, "y" + group);
            }));
    FutureResult.of(Future.all(writes));
  }

  private void tear(Path dir, byte[] before, byte[] after, long last) throws IOException {
    List<Integer> blocks = new ArrayList<>();
    for (int at = 0; at < after.length; at += BLOCK) {
      if (!block(before, at).equals(block(after, at))) {
        blocks.add(at);
      }
    }
    for (int order = 0; order < 2; order++) {
      for (int written = 0; written <= blocks.size(); written++) {
        byte[] torn = Arrays.copyOf(before, Math.max(before.length, after.length));
        for (int at : blocks.subList(0, written)) {
          System.arraycopy(after, at, torn, at, Math.min(BLOCK, after.length - at));
        }
        check(dir.resolve(last + "-" + order + "-" + written), torn, last);
      }
      Collections.reverse(blocks);
    }
  }

  private void check(Path dir, byte[] torn, long last) throws IOException {
    Files.createDirectories(dir);
    Files.write(dir.resolve(MvFile.NAME), torn);
    try (Disk disk = open(dir)) {
      MVMap<Long, String> a = map(disk, "a");
      MVMap<Long, String> b = map(disk, "b");
      long newest = b.lastKey();
      assertThat(newest).as(dir.toString()).isBetween(last, last + 1);
      assertThat(a.lastKey()).isEqualTo(newest * 100 + 39);
      assertThat(a).hasSize(newest == 1 ? 40 : 80);
      FutureResult.of(disk.write(() -> b.put(99L, "z")));
    }
  }

  private static List<Byte> block(byte[] file, int at) {
    List<Byte> bytes = new ArrayList<>();
    for (int i = at; i < Math.min(file.length, at + BLOCK); i++) {
      bytes.add(file[i]);
    }
    return bytes;
  }
}
