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
 * A process or machine that dies while a group or a checkpoint is written leaves some of the blocks
 * on disk and others not. Here every such state is opened, with the blocks written in either order.
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
    List<State> states = new ArrayList<>();
    long group = 0;
    for (int round = 0; round < 4; round++) {
      try (Disk disk = open(dir)) {
        MVMap<Long, String> a = map(disk, "a");
        MVMap<Long, String> b = map(disk, "b");
        for (int i = 0; i < 4; i++) {
          write(disk, a, b, ++group);
          states.add(State.of(dir, group));
        }
      }
      states.add(State.of(dir, group)); // After the checkpoint on closing.
    }
    for (int i = 1; i < states.size(); i++) {
      tear(dir, states.get(i - 1), states.get(i));
    }
  }

  /** The files after a group was confirmed. */
  private record State(byte[] file, byte[] log, long group) {
    static State of(Path dir, long group) throws IOException {
      return new State(
          Files.readAllBytes(dir.resolve(MvFile.NAME)),
          Files.readAllBytes(dir.resolve(RedoLog.NAME)),
          group);
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

  private void tear(Path dir, State before, State after) throws IOException {
    boolean checkpoint = before.group == after.group;
    byte[] from = checkpoint ? before.file : before.log;
    byte[] to = checkpoint ? after.file : after.log;
    // A group changes only the log; a checkpoint, until it is complete, only the file.
    assertThat(checkpoint ? after.log : after.file)
        .isEqualTo(checkpoint ? before.log : before.file);
    List<Integer> blocks = new ArrayList<>();
    for (int at = 0; at < to.length; at += BLOCK) {
      if (!block(from, at).equals(block(to, at))) {
        blocks.add(at);
      }
    }
    for (int order = 0; order < 2; order++) {
      for (int written = 0; written <= blocks.size(); written++) {
        byte[] torn = Arrays.copyOf(from, Math.max(from.length, to.length));
        for (int at : blocks.subList(0, written)) {
          System.arraycopy(to, at, torn, at, Math.min(BLOCK, to.length - at));
        }
        Path copy = dir.resolve(after.group + "-" + checkpoint + "-" + order + "-" + written);
        Files.createDirectories(copy);
        Files.write(copy.resolve(MvFile.NAME), checkpoint ? torn : before.file);
        Files.write(copy.resolve(RedoLog.NAME), checkpoint ? before.log : torn);
        check(copy, before.group, after.group);
      }
      Collections.reverse(blocks);
    }
  }

  private void check(Path dir, long least, long most) {
    try (Disk disk = open(dir)) {
      MVMap<Long, String> a = map(disk, "a");
      MVMap<Long, String> b = map(disk, "b");
      long newest = b.lastKey();
      assertThat(newest).as(dir.toString()).isBetween(least, most);
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
