package io.ovation.store.embedded;

import static io.ovation.store.StoreAssertions.await;
import static io.ovation.store.StoreAssertions.eventually;
import static io.ovation.store.StoreAssertions.item;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.config.Config;
import io.ovation.disk.Disk;
import io.ovation.metrics.Metrics;
import io.ovation.store.GoldenRecords;
import io.ovation.store.ReactionContract;
import io.ovation.store.Store;
import io.ovation.store.Store.Append;
import io.ovation.store.Store.Appended;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The contract on the local file, and expiry by a clock that the test sets. */
class EmbeddedStoreTest extends ReactionContract {
  @TempDir Path dir;
  private final AtomicLong ahead = new AtomicLong();
  private @Nullable Disk disk;

  @Override
  protected Store open(Config.History history) {
    return EmbeddedStore.open(
        vertx, disk(), history, () -> System.currentTimeMillis() + ahead.get(), new Metrics());
  }

  private Disk disk() {
    if (disk == null) {
      disk = new Disk(vertx, new Config.Data(dir.toString(), 1_000), new Metrics());
    }
    return disk;
  }

  @AfterEach
  void closeDisk() {
    disk().close();
  }

  private void pass(Duration time) {
    ahead.addAndGet(time.toMillis());
  }

  private int size(String map) {
    return new StoreMaps(disk()).text(map).size();
  }

  @Test
  void anIdIsKnownForTenMinutes() {
    long epoch = await(store.takePartition(P));
    List<Append> items = List.of(item("s", "u", "1", 10));
    await(store.append(P, epoch, items));
    pass(Duration.ofSeconds(599));
    assertThat(await(store.append(P, epoch, items))).containsExactly(new Appended(10, 0, true));
    pass(Duration.ofSeconds(2));
    assertThat(await(store.append(P, epoch, items))).containsExactly(new Appended(11, 10, false));
    assertThat(await(store.append(P, epoch, items))).containsExactly(new Appended(11, 10, true));
  }

  @Test
  void theFilesOfEarlierVersionsAreUnderstood() throws IOException {
    for (Path version : GoldenRecords.versions()) {
      Path copy = Files.createDirectories(dir.resolve(version.getFileName().toString()));
      Files.copy(version.resolve(GoldenRecords.FILE), copy.resolve(GoldenRecords.FILE));
      List<String> expected = Files.readAllLines(version.resolve(GoldenRecords.READ));
      long then = Long.parseLong(expected.get(0));
      try (Disk old = new Disk(vertx, new Config.Data(copy.toString(), 1_000), new Metrics())) {
        Store left =
            EmbeddedStore.open(vertx, old, GoldenRecords.history(), () -> then, new Metrics());
        assertThat(GoldenRecords.read(left))
            .as(version.toString())
            .isEqualTo(expected.subList(1, expected.size()));
      }
    }
  }

  @Test
  void anEventProlongsTheLifeOfItsStreamsHistory() {
    long epoch = await(store.takePartition(P));
    for (int i = 1; i <= 5; i++) {
      await(store.append(P, epoch, List.of(item("s", "u", "id" + i, i))));
      pass(Duration.ofMinutes(40));
    }
    assertThat(await(store.history(P, "s", 0, 9)).entries()).hasSize(5);
    pass(Duration.ofMinutes(21));
    assertThat(await(store.history(P, "s", 0, 9)).entries()).isEmpty();
    assertThat(await(store.lastOffset(P, "s"))).isEqualTo(5);
  }

  @Test
  void whatExpiredLeavesTheFile() {
    long epoch = await(store.takePartition(P));
    for (int s = 0; s < 30; s++) {
      List<Append> items = new ArrayList<>();
      for (int i = 1; i <= 20; i++) {
        items.add(item("s" + s, "u", "id" + i, i));
      }
      await(store.append(P, epoch, items));
      await(store.compareAndSet("r" + s, 0, "v", HOUR));
    }
    pass(Duration.ofMinutes(61));
    eventually(() -> size("store.entries") == 0 && size("store.known_ids") == 0);
    eventually(() -> size("store.records") == 0);
    assertThat(size("store.streams")).isEqualTo(30);
    pass(Duration.ofDays(8));
    eventually(() -> size("store.streams") == 0 && size("store.due") == 0);
    assertThat(await(store.lastOffset(P, "s1"))).isZero();
    assertThat(await(store.takePartition(P))).isEqualTo(epoch + 1);
  }

  @Test
  void anExpiredHistoryDoesNotComeBackWithTheNextEvent() {
    long epoch = await(store.takePartition(P));
    for (int i = 1; i <= 15; i++) {
      await(store.append(P, epoch, List.of(item("s", "u", "id" + i, i))));
    }
    pass(Duration.ofMinutes(61));
    await(store.append(P, epoch, List.of(item("s", "u", "new", 0))));
    assertThat(await(store.history(P, "s", 0, 99)).entries()).hasSize(1);
    assertThat(await(store.history(P, "s", 14, 99)).complete()).isFalse();
    assertThat(await(store.history(P, "s", 15, 99)).complete()).isTrue();
    eventually(() -> size("store.entries") == 1);
  }

  @Test
  void everythingIsThereAfterAReopening() {
    long epoch = await(store.takePartition(P));
    await(store.append(P, epoch, List.of(item("s", "u", "1", 10))));
    await(store.compareAndSet("r", 0, "v", HOUR));
    await(store.setOnce("f", "1"));
    await(store.table().put("ban", "bob", HOUR));
    disk().close();
    disk = null;
    store = open(new Config.History(20, 1 << 22, HOUR));
    assertThat(await(store.history(P, "s", 0, 9)).entries()).hasSize(1);
    assertThat(await(store.append(P, epoch, List.of(item("s", "u", "1", 99)))))
        .containsExactly(new Appended(10, 0, true));
    assertThat(await(store.read("r"))).contains(new Store.Versioned(1, "v"));
    assertThat(await(store.setOnce("f", "2"))).isEqualTo("1");
    assertThat(await(store.table().changes(0)).rows())
        .extracting(row -> row.key() + " " + row.value())
        .containsExactly("ban bob");
    assertThat(await(store.takePartition(P))).isEqualTo(epoch + 1);
  }
}
