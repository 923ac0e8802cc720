package io.ovation.liveness;

import io.ovation.liveness.proto.CheckRequest;
import io.ovation.liveness.proto.LivenessHandler;
import io.ovation.queue.typed.ItemMetadata;
import io.ovation.store.LastSeenIndex;
import io.ovation.store.LastSeenIndex.Sighting;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Checks objects, a bounded number at a time; items of one object that come while it is being
 * checked share the check. An item has succeeded when the origin has answered and, if the object is
 * online, the store has taken that. Used on the consumer's context.
 */
final class ObjectChecker implements LivenessHandler {
  /** What the outcomes mean to others. */
  interface Outcomes {
    /** Online, and stored; it vanishes in {@code leftMs}. */
    void seen(long object, long leftMs);

    void originAnswered();

    void originFailed(long object, OriginFailure cause);

    void storeAnswered();

    void storeFailed(Throwable cause);
  }

  private final OriginClient origin;
  private final LastSeenIndex sightings;
  private final int limit;
  private final Duration ttl;
  private final InstantSource clock;
  private final CheckMetrics meters;
  private final Outcomes outcomes;
  private final CheckErrorLog errors = new CheckErrorLog();
  private final Map<Long, Flight> flights = new HashMap<>();
  private final Deque<Flight> waiting = new ArrayDeque<>();
  // Read by the scraper's thread.
  private volatile int running;

  /** One check and those who wait for it. */
  private static final class Flight {
    private final long object;
    private final Promise<Void> done = Promise.promise();

    Flight(long object) {
      this.object = object;
    }
  }

  /** The check was not begun; the item goes back to the queue as it was. */
  static final class NotBegun extends RuntimeException {
    private static final long serialVersionUID = 1L;

    NotBegun() {
      super("checks are paused", null, false, false);
    }
  }

  /**
   * @param limit checks in flight at a time
   * @param ttl how long an object counts as online
   */
  ObjectChecker(
      OriginClient origin,
      LastSeenIndex sightings,
      int limit,
      Duration ttl,
      InstantSource clock,
      CheckMetrics meters,
      Outcomes outcomes) {
    this.origin = origin;
    this.sightings = sightings;
    this.limit = limit;
    this.ttl = ttl;
    this.clock = clock;
    this.meters = meters;
    this.outcomes = outcomes;
  }

  int running() {
    return running;
  }

  @Override
  public Future<Void> check(CheckRequest request, ItemMetadata meta) {
    Flight flight = flights.get(request.getObject());
    if (flight != null) {
      meters.shared.increment();
      return flight.done.future();
    }
    Flight first = new Flight(request.getObject());
    flights.put(first.object, first);
    waiting.add(first);
    begin();
    return first.done.future();
  }

  /** Ends what has not begun, once the consumer has let go of its items. */
  void dropWaiting() {
    List<Flight> dropped = new ArrayList<>(waiting);
    waiting.clear();
    for (Flight flight : dropped) {
      flights.remove(flight.object);
      flight.done.fail(new NotBegun());
    }
  }

  @SuppressWarnings("NonAtomicVolatileUpdate") // only the context's thread writes
  private void begin() {
    while (running < limit && !waiting.isEmpty()) {
      Flight flight = waiting.remove();
      running++;
      long start = System.nanoTime();
      check(flight).onComplete(done -> ended(flight, start, done.cause()));
    }
  }

  @SuppressWarnings("NonAtomicVolatileUpdate") // only the context's thread writes
  private void ended(
      Flight flight, long start, @org.jspecify.annotations.Nullable Throwable cause) {
    running--;
    flights.remove(flight.object, flight);
    if (cause == null) {
      meters.time.record(System.nanoTime() - start, TimeUnit.NANOSECONDS);
      flight.done.complete();
    } else {
      errors.failed(flight.object, cause);
      flight.done.fail(cause);
    }
    begin();
  }

  private Future<Void> check(Flight flight) {
    long object = flight.object;
    return origin
        .online(object)
        .onFailure(cause -> originFailed(object, cause))
        .compose(
            online -> {
              // Whoever names it from now on may know better than this answer.
              flights.remove(object, flight);
              outcomes.originAnswered();
              if (!online) {
                meters.offline.increment();
                return Future.succeededFuture();
              }
              return store(object);
            });
  }

  private void originFailed(long object, Throwable cause) {
    if (!(cause instanceof OriginFailure failure)) {
      return;
    }
    meters.failed(failure.kind());
    if (failure.kind().isOrigins()) {
      outcomes.originFailed(object, failure);
    } else {
      outcomes.originAnswered();
    }
  }

  private Future<Void> store(long object) {
    return sightings
        .see(List.of(new Sighting(object, clock.millis())), ttl)
        .onFailure(
            cause -> {
              meters.storeFailed.increment();
              outcomes.storeFailed(cause);
            })
        .map(
            left -> {
              meters.online.increment();
              outcomes.storeAnswered();
              outcomes.seen(object, left.get(0));
              return null;
            });
  }
}
