package io.ovation.store;

import io.ovation.metrics.Metrics;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Sightings whose operations are timed, and counted when they fail. */
final class MeteredSightings implements Sightings {
  private final Sightings sightings;
  private final Op see;
  private final Op find;
  private final Op page;
  private final Op states;
  private final Op count;

  MeteredSightings(Sightings sightings, Metrics metrics) {
    this.sightings = sightings;
    see = Op.of(metrics, "see");
    find = Op.of(metrics, "find");
    page = Op.of(metrics, "page");
    states = Op.of(metrics, "states");
    count = Op.of(metrics, "count");
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
