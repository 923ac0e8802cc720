package io.ovation.liveness;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Timer;
import io.ovation.async.Backoff;
import io.ovation.config.Config;
import io.ovation.liveness.OriginClient.Outcome;
import io.ovation.liveness.proto.CheckRequest;
import io.ovation.liveness.proto.LivenessHandler;
import io.ovation.metrics.Metrics;
import io.ovation.queue.typed.ItemMetadata;
import io.ovation.store.LastSeenIndex.Sighting;
import io.ovation.store.Store;
import io.ovation.trace.Correlation;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Checks objects at the origin, a bounded number at a time, each object once at a time. Items of an
 * object share the next check that begins after they came: an answer that is already under way may
 * be older than they are. An item has succeeded when the origin has answered and, if the object is
 * online, the store has recorded that. While the origin or the store fails, checks pause. Used on
 * one context.
 */
final class ObjectChecker implements LivenessHandler {
  private static final Logger log = LoggerFactory.getLogger(ObjectChecker.class);

  /** Of the pauses between probes. */
  private static final double JITTER = 0.2;

  /** Few, since each failure has taken redis.timeout. */
  private static final int STORE_FAILURES = 5;

  /** From a failed check to the release of its item, so that the failure can be recorded. */
  private static final long SETTLE_MS = 1_000;

  /** Failed checks that are logged at warn; the others are counted, and logged at debug. */
  private static final int LOGGED_PER_SECOND = 10;

  private final Vertx vertx;
  private final Config.Liveness config;
  private final OriginClient origin;
  private final Store store;
  private final InstantSource clock;
  private final SightingNotifier notifier;
  private final Runnable changed;
  private final CircuitBreaker originBreaker;
  private final CircuitBreaker storeBreaker;
  private final Map<Outcome, Counter> outcomes;
  private final Counter shared;
  private final Timer time;
  private final Map<Long, Check> checks = new HashMap<>();
  private final Deque<Check> waiting = new ArrayDeque<>();
  private @Nullable Promise<Void> probe;
  private long settleMs;
  private long loggedSince = System.nanoTime();
  private int logged;
  // Read by the scraper's thread.
  private volatile int running;

  /** One check and the promise of the items that share it. */
  private static final class Check {
    final long object;
    final Promise<Void> done = Promise.promise();
    boolean begun;

    /** The check of the items that came after this one had begun. */
    @Nullable Check next;

    Check(long object) {
      this.object = object;
    }
  }

  /**
   * @param changed called when {@link #paused} has changed
   */
  ObjectChecker(
      Vertx vertx,
      Config.Liveness config,
      Store store,
      SightingNotifier notifier,
      InstantSource clock,
      Runnable changed,
      Metrics metrics) {
    this.vertx = vertx;
    this.changed = changed;
    this.config = config;
    this.origin = new OriginClient(vertx, config);
    this.store = store;
    this.clock = clock;
    this.notifier = notifier;
    Backoff pauses = new Backoff(config.breakerInitial(), 2, config.breakerMax(), JITTER);
    int failures = config.breakerFailures();
    originBreaker =
        new CircuitBreaker(
            vertx, "origin", failures, pauses, this::probeOrigin, this::breakerChanged, metrics);
    storeBreaker =
        new CircuitBreaker(vertx, "store", STORE_FAILURES, pauses, store::ping, changed, metrics);
    String help = "checks by outcome";
    outcomes = metrics.counters("ovation.liveness.checks", help, "outcome", Outcome.class);
    help = "items that shared another item's check";
    shared = metrics.counter("ovation.liveness.shared", help);
    help = "from a check's start until it is stored";
    time = metrics.timer("ovation.liveness.check", help);
    help = "checks in flight";
    metrics.gauge("ovation.liveness.running", help, this, checker -> checker.running);
  }

  boolean paused() {
    return (originBreaker.open() && probe == null) || storeBreaker.open();
  }

  /** Ends the probes and the connections to the origin. */
  Future<?> close() {
    originBreaker.close();
    storeBreaker.close();
    return origin.close();
  }

  /**
   * Probes the origin with the next object of the queue: one check at a time is let through, until
   * one has ended. The object may be at fault itself, so its failure counts as an attempt, and the
   * next probe is another object.
   */
  private Future<?> probeOrigin() {
    Promise<Void> probing = Promise.promise();
    probe = probing;
    breakerChanged();
    return probing.future();
  }

  @Override
  public Future<Void> check(CheckRequest request, ItemMetadata meta) {
    Check last = checks.get(request.getObject());
    if (last == null) {
      Check check = new Check(request.getObject());
      enqueue(check);
      begin();
      return check.done.future();
    }
    if (!last.begun) {
      shared.increment();
      return last.done.future();
    }
    if (last.next == null) {
      last.next = new Check(last.object);
    } else {
      shared.increment();
    }
    return last.next.done.future();
  }

  private void enqueue(Check check) {
    checks.put(check.object, check);
    waiting.add(check);
  }

  /**
   * Fails the checks that have not begun, after the consumer has released their items, which return
   * to the queue unchanged.
   */
  void dropWaiting() {
    List<Check> dropped = new ArrayList<>(waiting);
    waiting.clear();
    dropped.forEach(check -> checks.remove(check.object));
    for (Check begun : checks.values()) {
      if (begun.next != null) {
        dropped.add(begun.next);
        begun.next = null;
      }
    }
    dropped.forEach(check -> check.done.fail("checks are paused"));
  }

  @SuppressWarnings("NonAtomicVolatileUpdate") // only the context's thread writes
  private void begin() {
    int limit = paused() ? 0 : probe != null ? 1 : config.concurrency();
    while (running < limit && !waiting.isEmpty()) {
      Check check = waiting.remove();
      check.begun = true;
      running++;
      long start = System.nanoTime();
      run(check).onComplete(done -> ended(check, start, done.cause()));
    }
  }

  @SuppressWarnings("NonAtomicVolatileUpdate") // only the context's thread writes
  private void ended(Check check, long start, @Nullable Throwable cause) {
    running--;
    leave(check);
    if (cause == null) {
      time.record(System.nanoTime() - start, TimeUnit.NANOSECONDS);
      check.done.complete();
    } else {
      logFailure(check.object, cause);
      check.done.fail(cause);
    }
    begin();
  }

  /** The object may be checked again from now on. */
  private void leave(Check check) {
    if (checks.remove(check.object, check) && check.next != null) {
      enqueue(check.next);
    }
  }

  private Future<Void> run(Check check) {
    return origin
        .online(check.object)
        .onFailure(this::originFailed)
        .compose(
            online -> {
              leave(check); // While the store records the answer, the next check may begin.
              originAnswered();
              if (online) {
                return record(check.object);
              }
              count(Outcome.OFFLINE);
              return Future.succeededFuture();
            });
  }

  private void originFailed(Throwable cause) {
    if (!(cause instanceof OriginClient.Failure failure)) {
      return;
    }
    count(failure.kind);
    if (!failure.isOrigins()) {
      originAnswered();
      return;
    }
    // Without a connection nothing is known of the object: its item returns to the queue unchanged,
    // for the partitions are released before the check ends. Any other failure counts.
    settleMs = failure.kind == Outcome.CONNECTION ? 0 : SETTLE_MS;
    originBreaker.failed(failure);
    endProbe(probing -> probing.fail(failure));
  }

  private void originAnswered() {
    endProbe(Promise::complete);
    originBreaker.succeeded();
  }

  private void endProbe(Consumer<Promise<Void>> outcome) {
    Promise<Void> probing = probe;
    if (probing != null) {
      probe = null;
      outcome.accept(probing);
      breakerChanged();
    }
  }

  private void breakerChanged() {
    if (paused() && settleMs > 0) {
      vertx.setTimer(settleMs, t -> changed.run());
    } else {
      changed.run();
      begin();
    }
  }

  private Future<Void> record(long object) {
    return store
        .sightings()
        .see(List.of(new Sighting(object, clock.millis())), config.ttl())
        .onComplete(
            left -> {
              count(Outcome.ONLINE);
              storeBreaker.succeeded();
              notifier.seen(object, left.get(0));
            },
            cause -> {
              count(Outcome.STORE);
              storeBreaker.failed(cause);
            })
        .mapEmpty();
  }

  private void count(Outcome outcome) {
    Objects.requireNonNull(outcomes.get(outcome)).increment();
  }

  private void logFailure(long object, Throwable cause) {
    long now = System.nanoTime();
    if (now - loggedSince >= TimeUnit.SECONDS.toNanos(1)) {
      if (logged > LOGGED_PER_SECOND) {
        log.warn("{} more checks failed in the second before", logged - LOGGED_PER_SECOND);
      }
      loggedSince = now;
      logged = 0;
    }
    String why = cause.getMessage() == null ? cause.toString() : cause.getMessage();
    Level level = ++logged <= LOGGED_PER_SECOND ? Level.WARN : Level.DEBUG;
    Correlation.run(
        null,
        Long.toString(object),
        null,
        () -> log.atLevel(level).log("the check of object {} failed: {}", object, why));
  }
}
