package io.ovation.store.embedded;

import io.ovation.config.Config;
import io.ovation.disk.Disk;
import io.ovation.metrics.Metrics;
import io.ovation.store.LastSeenIndex;
import io.ovation.store.MeteredProxy;
import io.ovation.store.Store;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import org.h2.mvstore.MVMap;

/**
 * The store in the node's own file. Writes and reads of history run on the disk's thread; a look-up
 * of one key runs on the caller's. An expired value is invisible at once and removed later.
 */
public final class EmbeddedStore implements Store {
  private final DiskOperations operations;
  private final MVMap<String, String> facts;
  private final EmbeddedRecords records;
  private final EmbeddedHistory streams;
  private final EmbeddedReactionTotals reactions;
  private final LastSeenIndex sightings;

  private EmbeddedStore(
      Vertx vertx, Disk disk, Config.History history, LongSupplier clock, Metrics metrics) {
    StoreMaps maps = StoreMaps.open(disk);
    ExpiryIndex expiry = new ExpiryIndex(maps.due());
    facts = maps.facts();
    records = new EmbeddedRecords(maps, expiry);
    streams = new EmbeddedHistory(maps, expiry, history);
    reactions = new EmbeddedReactionTotals(maps, expiry);
    operations = new DiskOperations(vertx, disk, clock, expiry);
    sightings =
        MeteredProxy.of(
            LastSeenIndex.class, new EmbeddedLastSeenIndex(maps, expiry, operations), metrics);
  }

  /**
   * @param disk stays open when the store is closed
   * @param clock milliseconds since 1970
   */
  public static Store open(
      Vertx vertx, Disk disk, Config.History history, LongSupplier clock, Metrics metrics) {
    return MeteredProxy.of(
        Store.class, new EmbeddedStore(vertx, disk, history, clock, metrics), metrics);
  }

  @Override
  public Future<Long> takePartition(int partition, long atLeast) {
    return operations.write(0, now -> streams.take(partition, atLeast));
  }

  @Override
  public Future<List<Appended>> append(int partition, long epoch, List<Append> items) {
    List<Append> batch = List.copyOf(items);
    return operations.write(batch.size(), now -> streams.append(partition, epoch, batch, now));
  }

  @Override
  public Future<Void> appendHoles(int partition, long epoch, List<Hole> holes) {
    List<Hole> batch = List.copyOf(holes);
    return operations
        .write(
            0,
            now -> {
              streams.holes(partition, epoch, batch, now);
              return true;
            })
        .mapEmpty();
  }

  @Override
  public Future<History> history(int partition, String stream, long after, int limit) {
    return operations.onDisk(now -> streams.history(partition, stream, after, limit, now));
  }

  @Override
  public Future<Map<String, Long>> lastOffsets(int partition, Collection<String> names) {
    return operations.lookUp(
        now ->
            names.stream()
                .distinct()
                .collect(Collectors.toMap(s -> s, s -> streams.last(partition, s, now))));
  }

  @Override
  public Future<Added> addReactions(
      int partition, long epoch, List<Reactions> batches, Duration ttl) {
    List<Reactions> added = List.copyOf(batches);
    return operations.write(
        added.size(),
        now -> {
          streams.fence(partition, epoch);
          return reactions.add(partition, added, now, millis(ttl));
        });
  }

  @Override
  public Future<Map<String, Map<String, Long>>> reactions(int partition, Collection<String> names) {
    return operations.lookUp(now -> reactions.totals(partition, names, now));
  }

  @Override
  public Future<Versioned> compareAndSet(String key, long expected, String value, Duration ttl) {
    return operations.write(
        0, now -> records.compareAndSet(key, expected, value, now, millis(ttl)));
  }

  @Override
  public Future<Optional<Versioned>> read(String key) {
    return operations.lookUp(now -> Optional.ofNullable(records.get(key, now)));
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
  public LastSeenIndex sightings() {
    return sightings;
  }

  @Override
  public Future<Void> ping() {
    return operations.ping();
  }

  @Override
  public Future<Long> time() {
    return operations.lookUp(now -> now * 1_000);
  }

  @Override
  public Future<Void> close() {
    return operations.close();
  }

  static long millis(Duration ttl) {
    return Math.max(1, ttl.toMillis());
  }
}
