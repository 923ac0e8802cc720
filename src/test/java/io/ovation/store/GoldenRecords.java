package io.ovation.store;

import static io.ovation.store.StoreAssertions.await;
import static io.ovation.store.StoreAssertions.item;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.ovation.config.Config;
import io.ovation.disk.Disk;
import io.ovation.metrics.Metrics;
import io.ovation.store.LastSeenIndex.Sighting;
import io.ovation.store.Store.Append;
import io.ovation.store.Store.Appended;
import io.ovation.store.Store.Effect;
import io.ovation.store.Store.Kept;
import io.ovation.store.Store.Origin;
import io.ovation.store.embedded.EmbeddedStore;
import io.ovation.store.redis.RedisDump;
import io.ovation.testkit.RedisServer;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * What each version leaves in the stores: {@code src/test/resources/records/<version>/} has a file
 * of the embedded store, the keys of Redis, and what this version reads from either. {@code main}
 * writes those of this version, for a release; those of earlier releases are never changed.
 */
public final class GoldenRecords {
  public static final Path DIR = Path.of("src", "test", "resources", "records");
  public static final String FILE = "ovation.mv";
  public static final String REDIS = "redis.txt";

  /** Its first line is the embedded store's time when its file was written. */
  public static final String READ = "read.txt";

  /** Nothing may end before the last test of it. */
  private static final Duration CENTURY = Duration.ofDays(36_500);

  private static final Config.History HISTORY = new Config.History(100, 1 << 20, CENTURY);
  private static final int P = 3;

  /** Above all that come from a clock. */
  private static final long EPOCH = 8_000_000_000_000_000L;

  private GoldenRecords() {}

  public static Config.History history() {
    return HISTORY;
  }

  /** The directories of the versions. */
  public static List<Path> versions() throws IOException {
    try (Stream<Path> versions = Files.list(DIR)) {
      return versions.sorted().toList();
    }
  }

  private static void write(Store store) {
    await(store.takePartition(P, EPOCH));
    await(store.append(P, EPOCH, List.of(item("s:1", "ann", "a/ü", 1_000), bobs(), toms())));
    await(
        store.append(
            P,
            EPOCH,
            List.of(
                with(3_000, "3", false, Effect.delete("ann", "a/ü")),
                with(4_000, "4", false, Effect.pin("e-score", CENTURY.toMillis(), 10)),
                with(5_000, "5", true, Effect.NONE))));
    await(store.appendHole(P, EPOCH, "s:1", 6_000, 6_100));
    await(store.addReactions(P, EPOCH, List.of(reactions()), CENTURY));
    await(store.mergeReactions(P, EPOCH, "tokyo", Map.of("s:1", Map.of("like", 8L)), CENTURY));
    await(store.compareAndSet("packages/1", 0, "{\"status\":\"queued\"}", CENTURY));
    await(store.setOnce("partitions", "16"));
    await(store.table().put("ban/eve", "{\"by\":\"mod\"}", CENTURY));
    await(store.table().put("ban/lifted", "{}", CENTURY));
    await(store.table().remove("ban/lifted"));
    await(store.sightings().see(List.of(new Sighting(-7, 1), new Sighting(9, 2)), CENTURY));
  }

  private static Append bobs() {
    return item("s:1", "bob", "2", 2_000);
  }

  private static Append toms() {
    byte[] body = "{\"offset\":".getBytes(UTF_8);
    Origin origin = new Origin("tokyo", 90, 0);
    return new Append("s:2", "tom", "1", 700, body, false, false, Effect.NONE, origin);
  }

  private static Append with(long offset, String id, boolean hidden, Effect effect) {
    byte[] body = "{\"type\":\"event\",\"offset\":".getBytes(UTF_8);
    return new Append("s:1", "mod", id, offset, body, false, hidden, effect);
  }

  private static Store.Reactions reactions() {
    return new Store.Reactions("node", 5_000, Map.of("s:1", Map.of("like", 3L)));
  }

  /** All that a node may ask for, one answer a line. Writes what was written before, once more. */
  public static List<String> read(Store store) {
    List<String> lines = new ArrayList<>();
    for (String stream : List.of("s:1", "s:2")) {
      lines.add(stream + " last " + await(store.lastOffset(P, stream)));
      await(store.history(P, stream, 0, 100)).entries().forEach(kept -> lines.add(line(kept)));
      await(store.newest(P, stream, Long.MAX_VALUE, 2)).forEach(kept -> lines.add(line(kept)));
    }
    await(store.pins(P, "s:1"))
        .forEach(pin -> lines.add("pin " + pin.name() + " " + pin.offset() + " " + text(pin)));
    lines.add("streams " + await(store.streams()).stream().sorted().toList());
    lines.add("record " + await(store.read("packages/1")).orElseThrow());
    lines.add("fact " + await(store.setOnce("partitions", "64")));
    for (SharedTable.Row row : await(store.table().changes(0)).rows()) {
      lines.add(
          "row %s %s gone %s own %s".formatted(row.key(), row.value(), row.gone(), row.own()));
    }
    lines.add("sightings " + await(store.sightings().page(null, 10)));
    lines.add("sighting " + await(store.sightings().find(-7)));
    long epoch = await(store.takePartition(P));
    lines.add("epoch " + epoch);
    for (Appended known : await(store.append(P, epoch, List.of(bobs(), toms())))) {
      lines.add("appended before: " + known.known() + " at " + known.offset());
    }
    Store.Added added = await(store.addReactions(P, epoch, List.of(reactions()), CENTURY));
    lines.add("reactions %s %s".formatted(added.known(), new TreeMap<>(totals(added))));
    return lines;
  }

  private static Map<String, Long> totals(Store.Added added) {
    return added.totals().getOrDefault("s:1", Map.of());
  }

  private static String text(Store.Pin pin) {
    return new String(pin.body(), UTF_8);
  }

  private static String line(Kept kept) {
    String body = new String(kept.body(), UTF_8);
    return "%d..%d %s %s %s".formatted(kept.from(), kept.offset(), kept.user(), kept.id(), body);
  }

  /**
   * @param arguments the version
   */
  public static void main(String... arguments) throws IOException {
    Path to = Files.createDirectories(DIR.resolve(arguments[0]));
    Path dir = Files.createTempDirectory("records");
    Vertx vertx = Vertx.vertx();
    List<String> read = new ArrayList<>();
    try (Disk disk = new Disk(vertx, new Config.Data(dir.toString(), 1_000), new Metrics())) {
      Store store = EmbeddedStore.open(vertx, disk, HISTORY, new Metrics());
      write(store);
      read.add(Long.toString(disk.now()));
    }
    Files.copy(dir.resolve(FILE), to.resolve(FILE));
    try (RedisServer redis = new RedisServer()) {
      Store store = RedisDump.connect(vertx, redis);
      write(store);
      Files.write(to.resolve(REDIS), RedisDump.keys(vertx, redis));
      read.addAll(read(store));
      await(store.close());
    }
    Files.write(to.resolve(READ), read);
    await(vertx.close());
  }
}
