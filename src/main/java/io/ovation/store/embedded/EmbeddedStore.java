package io.ovation.store.embedded;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.ovation.config.Config;
import io.ovation.disk.Disk;
import io.ovation.metrics.Metrics;
import io.ovation.store.HistoryLimits;
import io.ovation.store.LastSeenIndex;
import io.ovation.store.MeteredProxy;
import io.ovation.store.SharedTable;
import io.ovation.store.Store;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongFunction;
import java.util.function.LongSupplier;
import org.h2.mvstore.MVMap;

/**
 * The store in the node's own file. Writes and reads of history run on the disk's thread; a look-up
 * of one key runs on the caller's. An expired value is invisible at once and removed later.
 */
public final class EmbeddedStore implements Store {
  private final DiskOperations operations;
  private final MVMap<String, String> facts;

  /** Key → version, text. */
  private final ExpiringMap<String> records;

  private final EmbeddedHistory streams;
  private final EmbeddedReactionTotals reactions;
  private final LastSeenIndex sightings;
  private final SharedTable table;

  private EmbeddedStore(
      Vertx vertx, Disk disk, Config.History history, LongSupplier clock, Metrics metrics) {
    StoreMaps maps = new StoreMaps(disk);
    facts = maps.text("store.facts");
    records = maps.expiring("store.records", ExpiryIndex.RECORD);
    streams = new EmbeddedHistory(maps, HistoryLimits.of(history));
    reactions = new EmbeddedReactionTotals(maps);
    operations = new DiskOperations(vertx, disk, clock, maps.expiry);
    LastSeenIndex index = new EmbeddedLastSeenIndex(maps, operations);
    sightings = MeteredProxy.of(LastSeenIndex.class, index, metrics);
    SharedTable rows = new EmbeddedSharedTable(maps, operations);
    table = MeteredProxy.of(SharedTable.class, rows, metrics);
  }

  /**
   * @param disk stays open when the store is closed; its clock is the store's
   */
  public static Store open(Vertx vertx, Disk disk, Config.History history, Metrics metrics) {
    return open(vertx, disk, history, disk::now, metrics);
  }

  static Store open(
      Vertx vertx, Disk disk, Config.History history, LongSupplier clock, Metrics metrics) {
    return MeteredProxy.of(
        Store.class, new EmbeddedStore(vertx, disk, history, clock, metrics), metrics);
  }

  @Override
  public Future<Long> takePartition(int partition, long atLeast) {
    return operations.write(0, now -> streams.take(partition, atLeast));
  }

  @Override
  public Future<List<Appended>> append(
      int partition, long epoch, List<Append> items, Map<String, Long> confirmed) {
    List<Append> batch = List.copyOf(items);
    Map<String, Long> known = Map.copyOf(confirmed);
    return operations.write(
        batch.size(), now -> streams.append(partition, epoch, batch, known, now));
  }

  @Override
  public Future<Void> appendHoles(int partition, long epoch, Map<String, Hole> holes) {
    Map<String, Hole> all = Map.copyOf(holes);
    return operations
        .write(
            0,
            now -> {
              streams.holes(partition, epoch, all, now);
              return true;
            })
        .mapEmpty();
  }

  @Override
  public Future<History> history(int partition, String stream, long after, int limit) {
    return operations.onDisk(now -> streams.history(partition, stream, after, limit, now));
  }

  @Override
  public Future<List<Kept>> newest(int partition, String stream, long before, int limit) {
    return operations.onDisk(now -> streams.newest(partition, stream, before, limit, now));
  }

  @Override
  public Future<List<Long>> offsetsOf(List<EventId> ids) {
    return operations.onDisk(now -> ids.stream().map(id -> streams.offsetOf(id, now)).toList());
  }

  @Override
  public Future<List<Pin>> pins(int partition, String stream) {
    return operations.onDisk(now -> streams.pins(partition, stream, now));
  }

  @Override
  public Future<Long> otherPins(int partition, String stream, String name) {
    return operations.onDisk(now -> streams.otherPins(partition, stream, name, now));
  }

  @Override
  public Future<List<String>> streams() {
    return operations.onDisk(streams::streams);
  }

  @Override
  public SharedTable table() {
    return table;
  }

  @Override
  public Future<Map<String, Long>> lastOffsets(int partition, Collection<String> names) {
    List<String> all = List.copyOf(names);
    LongFunction<Map<String, Long>> lookUp = now -> streams.lasts(partition, all, now);
    return all.size() == 1 ? operations.lookUp(lookUp) : operations.onDisk(lookUp);
  }

  @Override
  public Future<Added> addReactions(
      int partition, long epoch, List<Reactions> batches, Duration ttl) {
    List<Reactions> added = List.copyOf(batches);
    return operations.write(
        added.size(),
        now -> {
          streams.fence(partition, epoch);
          return reactions.add(partition, added, now, HistoryLimits.millis(ttl));
        });
  }

  @Override
  public Future<Map<String, Map<String, Long>>> mergeReactions(
      int partition,
      long epoch,
      String region,
      Map<String, Map<String, Long>> totals,
      Duration ttl) {
    Map<String, Map<String, Long>> all = Map.copyOf(totals);
    return operations.write(
        all.size(),
        now -> {
          streams.fence(partition, epoch);
          return reactions.merge(partition, region, all, now, HistoryLimits.millis(ttl));
        });
  }

  @Override
  public Future<Map<String, Map<String, Long>>> reactions(int partition, Collection<String> names) {
    return operations.lookUp(now -> reactions.totals(partition, names, now));
  }

  @Override
  public Future<Versioned> compareAndSet(String key, long expected, String value, Duration ttl) {
    return operations.write(
        0,
        now -> {
          Versioned current = record(key, now);
          if (current.version() != expected) {
            return current;
          }
          byte[] text = value.getBytes(UTF_8);
          ByteBuffer record = ByteBuffer.allocate(8 + text.length).putLong(expected + 1).put(text);
          records.put(key, now + HistoryLimits.millis(ttl), record.array());
          return new Versioned(expected + 1, value);
        });
  }

  @Override
  public Future<Optional<Versioned>> read(String key) {
    return operations.lookUp(now -> Optional.of(record(key, now)).filter(r -> r.version() > 0));
  }

  private Versioned record(String key, long now) {
    ByteBuffer record = records.get(key, now);
    return record == null
        ? new Versioned(0, "")
        : new Versioned(record.getLong(), UTF_8.decode(record).toString());
  }

  @Override
  public Future<String> setOnce(String key, String value) {
    return operations.onDisk(
        now -> {
          String before = facts.putIfAbsent(key, value);
          return before == null ? value : before;
        });
  }

  @Override
  public Future<Long> now() {
    return operations.lookUp(now -> now);
  }

  @Override
  public LastSeenIndex sightings() {
    return sightings;
  }

  @Override
  public Future<Void> ping() {
    return operations.ping();
  }

  @Override
  public Future<Void> close() {
    return operations.close();
  }
}
