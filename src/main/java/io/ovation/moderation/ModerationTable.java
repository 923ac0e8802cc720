package io.ovation.moderation;

import io.ovation.async.Futures;
import io.ovation.metrics.Metrics;
import io.ovation.moderation.Ban.Active;
import io.ovation.store.SharedTable;
import io.ovation.store.SharedTable.Row;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This node's copy of all bans and of all streams' settings. It asks the store twice a second what
 * changed, so that every node has a change within a second, also one that was cut off meanwhile.
 * Bans end by the store's clock. Any thread.
 */
public final class ModerationTable {
  private static final Logger log = LoggerFactory.getLogger(ModerationTable.class);
  private static final long POLL_MS = 500;

  /** Settings of a stream that nobody has changed for this long are the default again. */
  private static final Duration SETTINGS_TTL = Duration.ofDays(365);

  private final Vertx vertx;
  private final SharedTable table;
  private final LongSupplier nanoTime;

  /** User → stream, or {@link Ban#ALL_STREAMS} → ban. */
  private final Map<String, Map<String, Entry>> bans = new ConcurrentHashMap<>();

  private final StreamShares shares;
  private final PendingPurges purges;
  private final RecentRows recent;
  private final Map<String, StreamSettings> settings = new ConcurrentHashMap<>();
  private final List<BiConsumer<String, StreamSettings>> listeners = new CopyOnWriteArrayList<>();
  private volatile long version;
  private volatile long readAt;

  /**
   * @param ends nanoseconds of the monotonic clock
   */
  private record Entry(Ban ban, long ends) {}

  public ModerationTable(Vertx vertx, SharedTable table, LongSupplier nanoTime, Metrics metrics) {
    this.vertx = vertx;
    this.table = table;
    this.nanoTime = nanoTime;
    this.shares = new StreamShares(nanoTime);
    this.purges = new PendingPurges(nanoTime);
    this.recent = new RecentRows(table, nanoTime);
    this.readAt = nanoTime.getAsLong();
    metrics.gauge("ovation.moderation.banned", "Users with a ban", bans, Map::size);
    metrics.gauge(
        "ovation.moderation.age.seconds",
        "Time since this node last read bans and settings; more than a few seconds means that new"
            + " ones do not take effect here",
        this,
        it -> TimeUnit.NANOSECONDS.toMillis(nanoTime.getAsLong() - it.readAt) / 1000.0);
  }

  /** Reads everything, then follows the changes. Fails if the store does not answer. */
  public Future<Void> start() {
    return refresh().onSuccess(v -> poll());
  }

  /** Again and again, whatever happens to one of the calls. */
  private void poll() {
    vertx.setTimer(
        POLL_MS,
        t ->
            Futures.attempt(() -> recent.check().transform(checked -> refresh()))
                .onFailure(e -> log.debug("bans and settings could not be read; trying again", e))
                .onComplete(done -> poll()));
  }

  /** Completes when this node has what the store had at the time of the call. */
  public Future<Void> refresh() {
    long since = version;
    return table
        .changes(since)
        .compose(
            changes -> {
              if (changes.version() < since || (since > 0 && changes.forgotten() > since)) {
                log.warn("bans and settings are read again as a whole");
                version = 0;
                return refresh();
              }
              if (since == 0) {
                // Only now: until the store answers, what was known holds.
                bans.clear();
                shares.clear();
                purges.clear();
                settings.keySet().forEach(stream -> set(stream, null));
              }
              changes.rows().forEach(this::apply);
              readAt = nanoTime.getAsLong();
              if (changes.rows().size() == SharedTable.PAGE) {
                version = changes.rows().get(SharedTable.PAGE - 1).version();
                return refresh();
              }
              version = Math.max(version, changes.version());
              return Future.succeededFuture();
            });
  }

  private void apply(Row row) {
    try {
      if (purges.apply(row)) {
        return;
      }
      String[] key = row.key().split("/", 3);
      if (key[0].equals("s")) {
        set(key[1], row.gone() ? null : StreamSettings.decode(row.value()));
        return;
      }
      shares.apply(key[1], key[2], row);
      if (row.gone()) {
        unset(key[2], key[1]);
      } else {
        long ends = nanoTime.getAsLong() + TimeUnit.MILLISECONDS.toNanos(row.leftMs());
        bans.computeIfAbsent(key[2], user -> new ConcurrentHashMap<>())
            .put(key[1], new Entry(Ban.decode(row.value()), ends));
      }
    } catch (RuntimeException e) {
      log.error("a row of bans and settings could not be read; it has no effect: {}", row, e);
    }
  }

  private void unset(String user, String stream) {
    bans.computeIfPresent(
        user,
        (u, of) -> {
          of.remove(stream);
          return of.isEmpty() ? null : of;
        });
  }

  private void set(String stream, @Nullable StreamSettings changed) {
    StreamSettings before =
        changed == null ? settings.remove(stream) : settings.put(stream, changed);
    StreamSettings now = changed == null ? StreamSettings.DEFAULT : changed;
    if (!now.equals(before)) {
      listeners.forEach(listener -> listener.accept(stream, now));
    }
  }

  /**
   * @param listener called with each stream whose settings changed; on any thread
   */
  public void onSettings(BiConsumer<String, StreamSettings> listener) {
    listeners.add(listener);
  }

  /** The settings that a moderator gave the stream; null for the default. */
  public @Nullable StreamSettings given(String stream) {
    return settings.get(stream);
  }

  public StreamSettings settings(String stream) {
    return settings.getOrDefault(stream, StreamSettings.DEFAULT);
  }

  /** The ban that keeps the user from commenting on the stream; null if there is none. */
  public @Nullable Active ban(String stream, String user) {
    if (bans.isEmpty()) {
      return null;
    }
    Active decisive = null;
    for (String of : new String[] {Ban.ALL_STREAMS, stream}) {
      Active active = active(of, user, bans.getOrDefault(user, Map.of()).get(of));
      if (active != null && active.outranks(decisive)) {
        decisive = active;
      }
    }
    return decisive;
  }

  private @Nullable Active active(String stream, String user, @Nullable Entry entry) {
    if (entry == null) {
      return null;
    }
    long left = TimeUnit.NANOSECONDS.toMillis(entry.ends() - nanoTime.getAsLong());
    if (left <= 0) {
      unset(user, stream);
      return null;
    }
    return new Active(stream, user, entry.ban(), left);
  }

  /** The bans on a stream, or on {@link Ban#ALL_STREAMS}, in any order. */
  public List<Active> bans(String stream) {
    List<Active> found = new ArrayList<>();
    bans.forEach(
        (user, of) -> {
          Active active = active(stream, user, of.get(stream));
          if (active != null) {
            found.add(active);
          }
        });
    return found;
  }

  /** Whether the stream's bans leave room for one of the user. */
  boolean hasRoom(String stream, String user) {
    return shares.hasRoom(stream, user);
  }

  /** Completes with false if the table is full. */
  public Future<Boolean> ban(String stream, String user, Ban ban, Duration length) {
    return put("b/" + stream + "/" + user, ban.encode(), length);
  }

  /** A stream that has no room has no ban that is not known here: there is nothing to end. */
  public Future<Void> unban(String stream, String user) {
    return hasRoom(stream, user)
        ? remove("b/" + stream + "/" + user).compose(v -> refresh())
        : Future.succeededFuture();
  }

  /** Completes with false if the table is full. */
  public Future<Boolean> change(String stream, StreamSettings changed) {
    return put("s/" + stream, changed.encode(), SETTINGS_TTL);
  }

  /**
   * Remembers that a purge is to be repeated, also by another node if this one dies. Completes with
   * false if the table is full.
   */
  Future<Boolean> remember(PendingPurge purge) {
    return put(purge.key(), purge.value(), purge.ttl());
  }

  /** The purge has been repeated, or this region has done the erasure. */
  Future<Void> done(PendingPurge purge) {
    purges.done(purge);
    Future<Long> noted =
        purge.isErasure()
            ? write(PendingPurge.ERASED + purge.user(), purge.erasure(), purge.ttl())
            : remove(purge.key());
    return noted.mapEmpty();
  }

  /** Those that should have been repeated long ago. */
  List<PendingPurge> overdue(Duration age) {
    return purges.overdue(age);
  }

  private Future<Boolean> put(String key, String value, Duration ttl) {
    return write(key, value, ttl).compose(put -> refresh().map(put > 0));
  }

  private Future<Long> write(String key, String value, Duration ttl) {
    return table
        .put(key, value, ttl)
        .onSuccess(
            version -> {
              if (version > 0) {
                recent.add(key, value, ttl, version);
              }
            });
  }

  private Future<Long> remove(String key) {
    return table
        .remove(key)
        .onSuccess(version -> recent.add(key, "", SharedTable.REMOVAL, version));
  }
}
