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
  private final OperationMetrics take;
  private final OperationMetrics append;
  private final OperationMetrics hole;
  private final OperationMetrics history;
  private final OperationMetrics last;
  private final OperationMetrics addReactions;
  private final OperationMetrics reactions;
  private final OperationMetrics put;
  private final OperationMetrics get;
  private final OperationMetrics remove;
  private final OperationMetrics compareAndSet;
  private final OperationMetrics read;
  private final OperationMetrics fix;
  private final OperationMetrics ping;
  private final Counter fenced;
  private final LastSeenIndex sightings;

  public MeteredStore(Store store, Metrics metrics) {
    this.store = store;
    take = OperationMetrics.of(metrics, "take");
    append = OperationMetrics.of(metrics, "append");
    hole = OperationMetrics.of(metrics, "hole");
    history = OperationMetrics.of(metrics, "history");
    last = OperationMetrics.of(metrics, "last");
    addReactions = OperationMetrics.of(metrics, "add_reactions");
    reactions = OperationMetrics.of(metrics, "reactions");
    put = OperationMetrics.of(metrics, "put");
    get = OperationMetrics.of(metrics, "get");
    remove = OperationMetrics.of(metrics, "remove");
    compareAndSet = OperationMetrics.of(metrics, "compare_and_set");
    read = OperationMetrics.of(metrics, "read");
    fix = OperationMetrics.of(metrics, "fix");
    ping = OperationMetrics.of(metrics, "ping");
    fenced = metrics.counter("ovation.store.fenced", "Writes refused because their epoch was over");
    sightings = new MeteredLastSeenIndex(store.sightings(), metrics);
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
  public LastSeenIndex sightings() {
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

  private <T> Future<T> measure(OperationMetrics op, Future<T> call) {
    return op.measure(call)
        .onFailure(
            cause -> {
              if (cause instanceof StaleEpoch) {
                fenced.increment();
              }
            });
  }
}
