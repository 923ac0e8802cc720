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
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Checks objects at the origin, a bounded number at a time. Items of an object that arrive while it
 * is being checked share the check. An item has succeeded when the origin has answered and, if the
 * object is online, the store has recorded that. Used on the consumer's context.
 */
final class ObjectChecker implements LivenessHandler {
  private static final Logger log = LoggerFactory.getLogger(ObjectChecker.class);

  private final OriginClient origin;
  private final LastSeenIndex sightings;
  private final int limit;
  private final Duration ttl;
  private final InstantSource clock;
  private final CheckMetrics metrics;
  private final SightingNotifier notifier;
  private final CircuitBreaker originBreaker;
  private final CircuitBreaker storeBreaker;
  private final ErrorLog errors = new ErrorLog();
  private final Map<Long, Check> checks = new HashMap<>();
  private final Deque<Check> waiting = new ArrayDeque<>();
  private long lastFailed;
  // Read by the scraper's thread.
  private volatile int running;

  /** One check and the promise of the items that share it. */
  private static final class Check {
    private final long object;
    private final Promise<Void> done = Promise.promise();

    Check(long object) {
      this.object = object;
    }
  }

  /** The check was not begun; its items return to the queue unchanged. */
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
      CheckMetrics metrics,
      SightingNotifier notifier,
      CircuitBreaker originBreaker,
      CircuitBreaker storeBreaker) {
    this.origin = origin;
    this.sightings = sightings;
    this.limit = limit;
    this.ttl = ttl;
    this.clock = clock;
    this.metrics = metrics;
    this.notifier = notifier;
    this.originBreaker = originBreaker;
    this.storeBreaker = storeBreaker;
  }

  int running() {
    return running;
  }

  /** Succeeds if the origin answers about the object whose check failed last, whatever it says. */
  Future<?> probeOrigin() {
    return origin
        .online(lastFailed)
        .recover(
            cause ->
                cause instanceof OriginFailure failure && !failure.kind().isOrigins()
                    ? Future.succeededFuture(false)
                    : Future.failedFuture(cause));
  }

  @Override
  public Future<Void> check(CheckRequest request, ItemMetadata meta) {
    Check shared = checks.get(request.getObject());
    if (shared != null) {
      metrics.shared.increment();
      return shared.done.future();
    }
    Check check = new Check(request.getObject());
    checks.put(check.object, check);
    waiting.add(check);
    begin();
    return check.done.future();
  }

  /** Fails the checks that have not begun, after the consumer has released their items. */
  void dropWaiting() {
    List<Check> dropped = new ArrayList<>(waiting);
    waiting.clear();
    for (Check check : dropped) {
      checks.remove(check.object);
      check.done.fail(new NotBegun());
    }
  }

  @SuppressWarnings("NonAtomicVolatileUpdate") // only the context's thread writes
  private void begin() {
    while (running < limit && !waiting.isEmpty()) {
      Check check = waiting.remove();
      running++;
      long start = System.nanoTime();
      run(check).onComplete(done -> ended(check, start, done.cause()));
    }
  }

  @SuppressWarnings("NonAtomicVolatileUpdate") // only the context's thread writes
  private void ended(Check check, long start, @Nullable Throwable cause) {
    running--;
    checks.remove(check.object, check);
    if (cause == null) {
      metrics.time.record(System.nanoTime() - start, TimeUnit.NANOSECONDS);
      check.done.complete();
    } else {
      errors.failed(check.object, cause);
      check.done.fail(cause);
    }
    begin();
  }

  private Future<Void> run(Check check) {
    long object = check.object;
    return origin
        .online(object)
        .onFailure(cause -> originFailed(object, cause))
        .compose(
            online -> {
              // An item that arrives from now on may be newer than this answer: it gets a new
              // check.
              checks.remove(object, check);
              originBreaker.succeeded();
              if (!online) {
                metrics.offline.increment();
                return Future.succeededFuture();
              }
              return store(object);
            });
  }

  private void originFailed(long object, Throwable cause) {
    if (!(cause instanceof OriginFailure failure)) {
      return;
    }
    metrics.failed(failure.kind());
    if (failure.kind().isOrigins()) {
      lastFailed = object;
      originBreaker.failed(failure);
    } else {
      originBreaker.succeeded();
    }
  }

  private Future<Void> store(long object) {
    return sightings
        .see(List.of(new Sighting(object, clock.millis())), ttl)
        .onFailure(
            cause -> {
              metrics.storeFailed.increment();
              storeBreaker.failed(cause);
            })
        .map(
            left -> {
              metrics.online.increment();
              storeBreaker.succeeded();
              notifier.seen(object, left.get(0));
              return null;
            });
  }

  /** Logs failed checks at warn, at most ten a second; the others are counted, and at debug. */
  private static final class ErrorLog {
    private static final int PER_SECOND = 10;
    private static final long SECOND = 1_000_000_000L;

    private long begun = System.nanoTime();
    private int count;

    void failed(long object, Throwable cause) {
      long now = System.nanoTime();
      if (now - begun >= SECOND) {
        if (count > PER_SECOND) {
          log.warn("{} more checks failed in the second before", count - PER_SECOND);
        }
        begun = now;
        count = 0;
      }
      String why = cause.getMessage() == null ? cause.toString() : cause.getMessage();
      if (++count <= PER_SECOND) {
        log.warn("the check of object {} failed: {}", object, why);
      } else {
        log.debug("the check of object {} failed: {}", object, why);
      }
    }
  }
}
