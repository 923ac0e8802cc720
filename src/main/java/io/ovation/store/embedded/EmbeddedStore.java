package io.ovation.store.embedded;

import io.ovation.config.Config;
import io.ovation.disk.Disk;
import io.ovation.disk.DiskUnavailable;
import io.ovation.metrics.Metrics;
import io.ovation.store.LastSeenIndex;
import io.ovation.store.MeteredStore;
import io.ovation.store.Store;
import io.ovation.store.StoreUnavailable;
import io.ovation.vertx.Contexts;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongConsumer;
import java.util.function.LongFunction;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.h2.mvstore.MVMap;
import org.jspecify.annotations.Nullable;

/**
 * The store in the node's own file. Writes and reads of history run on the disk's thread; a look-up
 * of one key runs where it was asked for. What expired is invisible at once and removed in steps,
 * as part of writes and once a second.
 */
public final class EmbeddedStore implements Store {
  private static final long PURGE_MS = 1_000;

  /** Expired things removed by one write, beside its own work, and by one step of the timer. */
  private static final int PURGE_BY_WRITE = 16;

  private static final int PURGE_BY_TIMER = 1_000;

  private final Vertx vertx;
  private final Disk disk;
  private final LongSupplier clock;
  private final StoreMaps maps;
  private final ExpiryIndex due;
  private final TtlMap values;
  private final TtlMap records;
  private final EmbeddedHistory streams;
  private final EmbeddedReactionTotals reactions;
  private final LastSeenIndex sightings;
  private final long timer;
  private final AtomicBoolean purging = new AtomicBoolean();
  private volatile boolean closed;

  private EmbeddedStore(Vertx vertx, Disk disk, Config.History history, LongSupplier clock) {
    this.vertx = vertx;
    this.disk = disk;
    this.clock = clock;
    this.maps = StoreMaps.open(disk);
    this.due =
        new ExpiryIndex(
            maps.due(),
            Map.of(
                ExpiryIndex.ID, (key, at, now) -> drop(maps.ids().remove(key)),
                ExpiryIndex.VALUE, (key, at, now) -> drop(maps.values().remove(key)),
                ExpiryIndex.RECORD, (key, at, now) -> drop(maps.records().remove(key)),
                ExpiryIndex.STREAM, (key, at, now) -> streams().end(key, at, now),
                ExpiryIndex.REACTIONS,
                    (key, at, now) -> EmbeddedReactionTotals.end(maps.reactions(), key, now),
                ExpiryIndex.NUMBERS,
                    (key, at, now) -> EmbeddedReactionTotals.end(maps.numbers(), key, now),
                ExpiryIndex.SIGHTING, (key, at, now) -> gone(maps.sightings(), key),
                ExpiryIndex.HEARD, (key, at, now) -> gone(maps.heard(), key)));
    this.sightings = new EmbeddedLastSeenIndex(maps, due, clock, new SightingAccess());
    this.values = new TtlMap(maps.values(), ExpiryIndex.VALUE, due);
    this.records = new TtlMap(maps.records(), ExpiryIndex.RECORD, due);
    this.streams = new EmbeddedHistory(maps, due, history);
    this.reactions = new EmbeddedReactionTotals(maps, due);
    this.timer = vertx.setPeriodic(PURGE_MS, t -> purge());
  }

  /**
   * @param disk stays open when the store is closed
   * @param clock milliseconds since 1970
   */
  public static Store open(
      Vertx vertx, Disk disk, Config.History history, LongSupplier clock, Metrics metrics) {
    return new MeteredStore(new EmbeddedStore(vertx, disk, history, clock), metrics);
  }

  @Override
  public Future<Long> takePartition(int partition) {
    return write(0, now -> streams.take(partition));
  }

  @Override
  public Future<List<Appended>> append(int partition, long epoch, List<Append> items) {
    List<Append> batch = List.copyOf(items);
    return write(batch.size(), now -> streams.append(partition, epoch, batch, now));
  }

  @Override
  public Future<Void> appendHole(int partition, long epoch, String stream, long from, long to) {
    return change(now -> streams.hole(partition, epoch, stream, from, to, now));
  }

  @Override
  public Future<History> history(int partition, String stream, long after, int limit) {
    // On the disk's thread it sees whole batches only and holds up no event loop.
    return onDisk(() -> streams.history(partition, stream, after, limit, clock.getAsLong()));
  }

  @Override
  public Future<Long> lastOffset(int partition, String stream) {
    return read(() -> streams.last(partition, stream, clock.getAsLong()));
  }

  @Override
  public Future<Added> addReactions(
      int partition, long epoch, List<Reactions> batches, Duration ttl) {
    List<Reactions> given = List.copyOf(batches);
    return write(
        given.size(),
        now -> {
          streams.fence(partition, epoch);
          return reactions.add(partition, given, now, millis(ttl));
        });
  }

  @Override
  public Future<Map<String, Map<String, Long>>> reactions(int partition, Collection<String> names) {
    return read(() -> reactions.totals(partition, names, clock.getAsLong()));
  }

  @Override
  public Future<Void> put(String key, String value, Duration ttl) {
    return change(now -> values.put(key, 0, value, now + millis(ttl)));
  }

  @Override
  public Future<Optional<String>> get(String key) {
    return read(
        () -> Optional.ofNullable(values.get(key, clock.getAsLong())).map(Versioned::value));
  }

  @Override
  public Future<Void> remove(String key) {
    return change(now -> values.remove(key));
  }

  @Override
  public Future<Versioned> compareAndSet(String key, long expected, String value, Duration ttl) {
    return write(
        0,
        now -> {
          Versioned there = records.get(key, now);
          long version = there == null ? 0 : there.version();
          if (version != expected) {
            return there == null ? new Versioned(0, "") : there;
          }
          records.put(key, version + 1, value, now + millis(ttl));
          return new Versioned(version + 1, value);
        });
  }

  @Override
  public Future<Optional<Versioned>> read(String key) {
    return read(() -> Optional.ofNullable(records.get(key, clock.getAsLong())));
  }

  @Override
  public Future<String> fix(String key, String value) {
    return onDisk(
        () -> {
          String before = maps.facts().putIfAbsent(key, value);
          return before == null ? value : before;
        });
  }

  @Override
  public LastSeenIndex sightings() {
    return sightings;
  }

  @Override
  public Future<Void> ping() {
    return read(() -> {
          if (!disk.healthy()) {
            throw new StoreUnavailable("The local file can't be written; see the log.");
          }
          return true;
        })
        .mapEmpty();
  }

  @Override
  public Future<Void> close() {
    closed = true;
    vertx.cancelTimer(timer);
    return Contexts.succeeded(vertx);
  }

  /** A mutation that also does a share of the purging, which its own additions will cost later. */
  private <T> Future<T> write(int additions, LongFunction<T> mutation) {
    return onDisk(
        () -> {
          long now = clock.getAsLong();
          T result = mutation.apply(now);
          due.purge(now, 2 * additions + PURGE_BY_WRITE);
          return result;
        });
  }

  private Future<Void> change(LongConsumer mutation) {
    return write(
            0,
            now -> {
              mutation.accept(now);
              return true;
            })
        .mapEmpty();
  }

  private <T> Future<T> onDisk(Supplier<T> work) {
    if (closed) {
      return Contexts.failed(vertx, closedFailure());
    }
    return disk.write(work)
        .recover(
            failure ->
                Future.failedFuture(
                    failure instanceof DiskUnavailable
                        ? new StoreUnavailable(String.valueOf(failure.getMessage()))
                        : failure));
  }

  /** A look-up of one key: a few pages, mostly in memory. */
  private <T> Future<T> read(Supplier<T> lookUp) {
    if (closed) {
      return Contexts.failed(vertx, closedFailure());
    }
    try {
      return Contexts.succeeded(vertx, lookUp.get());
    } catch (RuntimeException e) {
      // The file is closed or broken, and says so; or the ping above.
      return Contexts.failed(
          vertx,
          e instanceof StoreUnavailable ? e : new StoreUnavailable(String.valueOf(e.getMessage())));
    }
  }

  private void purge() {
    if (!disk.healthy() || !due.due(clock.getAsLong()) || !purging.compareAndSet(false, true)) {
      return;
    }
    onDisk(
            () -> {
              due.purge(clock.getAsLong(), PURGE_BY_TIMER);
              return true;
            })
        .onComplete(
            done -> {
              purging.set(false);
              if (done.succeeded()) {
                purge(); // Until nothing is due; each step gives others their turn.
              }
            });
  }

  private EmbeddedHistory streams() {
    return streams;
  }

  private static @Nullable Long drop(byte @Nullable [] removed) {
    return null;
  }

  private static @Nullable Long gone(MVMap<Long, ?> map, String key) {
    map.remove(Long.valueOf(key));
    return null;
  }

  /** Sightings are written and read as everything else here is. */
  private final class SightingAccess implements EmbeddedLastSeenIndex.Access {
    @Override
    public <T> Future<T> write(int additions, LongFunction<T> mutation) {
      return EmbeddedStore.this.write(additions, mutation);
    }

    @Override
    public <T> Future<T> read(Supplier<T> lookUp) {
      return EmbeddedStore.this.read(lookUp);
    }
  }

  private static long millis(Duration ttl) {
    return Math.max(1, ttl.toMillis());
  }

  private static StoreUnavailable closedFailure() {
    return new StoreUnavailable("The store is closed.");
  }
}
