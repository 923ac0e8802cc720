package io.ovation.store;

import io.ovation.metrics.Metrics;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Sightings whose operations are timed, and counted when they fail. */
final class MeteredLastSeenIndex implements LastSeenIndex {
  private final LastSeenIndex sightings;
  private final OperationMetrics see;
  private final OperationMetrics find;
  private final OperationMetrics page;
  private final OperationMetrics states;
  private final OperationMetrics count;

  MeteredLastSeenIndex(LastSeenIndex sightings, Metrics metrics) {
    this.sightings = sightings;
    see = OperationMetrics.of(metrics, "see");
    find = OperationMetrics.of(metrics, "find");
    page = OperationMetrics.of(metrics, "page");
    states = OperationMetrics.of(metrics, "states");
    count = OperationMetrics.of(metrics, "count");
  }

  @Override
  public Future<List<Long>> see(List<Sighting> seen, Duration ttl) {
    return see.measure(sightings.see(seen, ttl));
  }

  @Override
  public Future<Optional<Sighting>> find(long id) {
    return find.measure(sightings.find(id));
  }

  @Override
  public Future<Page> page(@Nullable Long after, int limit) {
    return page.measure(sightings.page(after, limit));
  }

  @Override
  public Future<List<Long>> states(List<Long> ids) {
    return states.measure(sightings.states(ids));
  }

  @Override
  public Future<Long> count() {
    return count.measure(sightings.count());
  }
}
