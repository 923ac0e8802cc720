package io.ovation.store;

import io.micrometer.core.instrument.Counter;
import io.ovation.metrics.Metrics;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A store whose operations are timed, and counted when they fail. */
public final class MeteredStore implements Store {
  private final Store store;
  private final Op take;
  private final Op append;
  private final Op hole;
  private final Op history;
  private final Op last;
  private final Op addReactions;
  private final Op reactions;
  private final Op put;
  private final Op get;
  private final Op remove;
  private final Op compareAndSet;
  private final Op read;
  private final Op fix;
  private final Op ping;
  private final Counter fenced;
  private final Sightings sightings;

  public MeteredStore(Store store, Metrics metrics) {
    this.store = store;
    take = Op.of(metrics, "take");
    append = Op.of(metrics, "append");
    hole = Op.of(metrics, "hole");
    history = Op.of(metrics, "history");
    last = Op.of(metrics, "last");
    addReactions = Op.of(metrics, "add_reactions");
    reactions = Op.of(metrics, "reactions");
    put = Op.of(metrics, "put");
    get = Op.of(metrics, "get");
    remove = Op.of(metrics, "remove");
    compareAndSet = Op.of(metrics, "compare_and_set");
    read = Op.of(metrics, "read");
    fix = Op.of(metrics, "fix");
    ping = Op.of(metrics, "ping");
    fenced = metrics.counter("ovation.store.fenced", "Writes refused because their epoch was over");
    sightings = new MeteredSightings(store.sightings(), metrics);
  }

  @Override
  public Future<Long> takePartition(int partition) {
    return measure(take, store.takePartition(partition));
  }

  @Override
  public Future<List<Appended>> append(int partition, long epoch, List<Append> items) {
    return measure(append, store.append(partition, epoch, items));
  }

  @Override
  public Future<Void> appendHole(int partition, long epoch, String stream, long from, long to) {
    return measure(hole, store.appendHole(partition, epoch, stream, from, to));
  }

  @Override
  public Future<History> history(int partition, String stream, long after, int limit) {
    return measure(history, store.history(partition, stream, after, limit));
  }

  @Override
  public Future<Long> lastOffset(int partition, String stream) {
    return measure(last, store.lastOffset(partition, stream));
  }

  @Override
  public Future<Added> addReactions(
      int partition, long epoch, List<Reactions> batches, Duration ttl) {
    return measure(addReactions, store.addReactions(partition, epoch, batches, ttl));
  }

  @Override
  public Future<Map<String, Map<String, Long>>> reactions(
      int partition, Collection<String> streams) {
    return measure(reactions, store.reactions(partition, streams));
  }

  @Override
  public Future<Void> put(String key, String value, Duration ttl) {
    return measure(put, store.put(key, value, ttl));
  }

  @Override
  public Future<Optional<String>> get(String key) {
    return measure(get, store.get(key));
  }

  @Override
  public Future<Void> remove(String key) {
    return measure(remove, store.remove(key));
  }

  @Override
  public Future<Versioned> compareAndSet(String key, long expected, String value, Duration ttl) {
    return measure(compareAndSet, store.compareAndSet(key, expected, value, ttl));
  }

  @Override
  public Future<Optional<Versioned>> read(String key) {
    return measure(read, store.read(key));
  }

  @Override
  public Future<String> fix(String key, String value) {
    return measure(fix, store.fix(key, value));
  }

  @Override
  public Sightings sightings() {
    return sightings;
  }

  @Override
  public Future<Void> ping() {
    return measure(ping, store.ping());
  }

  @Override
  public Future<Void> close() {
    return store.close();
  }

  private <T> Future<T> measure(Op op, Future<T> call) {
    return op.measure(call)
        .onFailure(
            cause -> {
              if (cause instanceof StaleEpoch) {
                fenced.increment();
              }
            });
  }
}
