package io.ovation.packages;

import io.ovation.config.Config;
import io.ovation.packages.PackageState.Lease;
import io.ovation.packages.PackageStateRepository.Entry;
import io.ovation.packages.PackageWorkerMetrics.Why;
import io.ovation.packages.proto.PackageRequest;
import io.ovation.packages.proto.PackagesHandler;
import io.ovation.packages.proto.PackagesProducer;
import io.ovation.queue.Broker;
import io.ovation.queue.typed.EnqueueOptions;
import io.ovation.queue.typed.ItemMetadata;
import io.ovation.queue.typed.PoisonItem;
import io.ovation.store.StoreUnavailable;
import io.ovation.trace.Correlation;
import io.ovation.trace.TraceSpan;
import io.ovation.trace.Traces;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Processes a package's item: claim, handler, outcome. An item is acked only when its package is
 * done or dead, or when another item of it is in the queue. So there is at least one from a
 * package's acceptance to its end, and a surplus one does no harm. Used on the consumer's context.
 */
final class PackageWorker implements PackagesHandler {
  private static final Logger log = LoggerFactory.getLogger(PackageWorker.class);

  /** How often other workers may change a package's state before its item is put back. */
  private static final int TRIES = 3;

  private static final long CONTENDED_MS = 1_000;

  /** The outcome of attempts that end because the worker stops. */
  private static final RuntimeException STOPPED =
      new RuntimeException("stopped", null, false, false) {};

  private final Vertx vertx;
  private final String self;
  private final PackageStateRepository states;
  private final PackagesProducer producer;
  private final Map<String, TypeHandler> handlers;
  private final Config.Packages config;
  private final RetryDelays delays;
  private final RecentOutcomes outcomes;
  private final PackageWorkerMetrics metrics;
  private boolean stopping;

  /**
   * @param self this node's name in leases
   * @param handlers by type
   */
  PackageWorker(
      Vertx vertx,
      String self,
      PackageStateRepository states,
      PackagesProducer producer,
      Map<String, TypeHandler> handlers,
      Config.Packages config,
      PackageWorkerMetrics metrics) {
    this.vertx = vertx;
    this.self = self;
    this.states = states;
    this.producer = producer;
    this.handlers = handlers;
    this.config = config;
    this.delays = new RetryDelays(vertx, config);
    this.outcomes = new RecentOutcomes(self, states, states.monotonicMs(), metrics);
    this.metrics = metrics;
  }

  /** Writes again what the store has lost; to be called every {@link RecentOutcomes#EVERY_MS}. */
  void checkOutcomes() {
    outcomes
        .check()
        .onFailure(e -> log.debug("the last outcomes were not read; the next check does it", e));
  }

  /** From now on no attempt begins. */
  void stop() {
    stopping = true;
  }

  /** Gives the packages in progress to other workers. Their handlers may still be running. */
  void handBack() {
    handlers.values().forEach(handler -> handler.abandon(STOPPED));
  }

  @Override
  public Future<Void> process(PackageRequest request, ItemMetadata meta) {
    String fault = PackageSubmission.idFault(request.getId());
    fault = fault == null ? PackageSubmission.typeFault(request.getType()) : fault;
    if (fault != null) {
      throw new PoisonItem(PoisonItem.Reason.BAD_PAYLOAD, "id or type " + fault);
    }
    return look(request, TRIES);
  }

  /** An item, the store's clock, and how often the state may still change in the meantime. */
  private record Turn(PackageRequest request, InstantSource clock, int tries) {}

  private Future<Void> look(PackageRequest request, int tries) {
    Future<Optional<Entry>> found = states.read(request.getId());
    Future<InstantSource> clock = states.clock();
    return Future.all(found, clock)
        .compose(
            v -> {
              Turn turn = new Turn(request, clock.result(), tries);
              return decide(turn, found.result().orElseGet(() -> new Entry(0, unknown(turn))));
            });
  }

  /** For an item that was not submitted by HTTP, or whose state has expired. */
  private static PackageState unknown(Turn turn) {
    long created = turn.request.getCreatedMs();
    return PackageSubmission.of(turn.request).pending(created > 0 ? created : turn.clock.millis());
  }

  private Future<Void> decide(Turn turn, Entry entry) {
    PackageState state = entry.state();
    PackageRequest request = turn.request;
    if (state.status().isFinal()) {
      metrics.settled.increment();
      return Future.succeededFuture();
    }
    if (stopping) {
      return later(request, state, 0, Why.STOPPING);
    }
    long held = state.heldForMs(turn.clock.millis());
    if (held > 0) {
      return state.lease() == null
          ? later(request, state, held, Why.RETRY)
          : later(request, state, RetryDelays.afterLease(held), Why.LEASE);
    }
    TypeHandler handler = handlers.get(state.type());
    if (handler == null) {
      return unhandled(turn, entry);
    }
    return handler
        .enter()
        .compose(
            entered ->
                entered
                    ? attempt(turn, entry, handler)
                    : later(request, state, RetryDelays.whileBusy(), Why.BUSY));
  }

  private Future<Void> attempt(Turn turn, Entry entry, TypeHandler handler) {
    return claim(turn, entry, handler)
        .onComplete(done -> handler.leave())
        .compose(
            settled -> {
              if (settled) {
                return Future.succeededFuture();
              }
              return turn.tries > 1
                  ? look(turn.request, turn.tries - 1)
                  : later(turn.request, entry.state(), CONTENDED_MS, Why.CONTENDED);
            });
  }

  /** The type has no handler here: the state says so, the pauses grow, and they have an end. */
  private Future<Void> unhandled(Turn turn, Entry entry) {
    long now = turn.clock.millis();
    PackageState state = entry.state();
    long since = state.waitingSinceMs() == 0 ? now : state.waitingSinceMs();
    long left = config.unhandledAfter().toMillis() - (now - since);
    if (left <= 0 || delays.unhandledFull()) {
      String why =
          left <= 0
              ? "no worker handled its type within packages.unhandled_after"
              : "no worker handles its type, and too many such packages wait already";
      return die(turn, entry, why).mapEmpty();
    }
    Future<?> noted =
        state.waitingSinceMs() > 0
            ? Future.succeededFuture()
            : states.write(entry.version(), state.waiting("handler", now));
    long pause = delays.untilHandler(now - since, left);
    return noted.compose(v -> later(turn.request, state, pause, Why.HANDLER));
  }

  /**
   * Puts another item of the package into the queue, to be delivered after a delay, here or on
   * another node. Completes when it is durable; only then may the present item be acked.
   */
  private Future<Void> later(PackageRequest request, PackageState state, long ms, Why why) {
    long bounded = Math.min(Math.max(0, ms), Broker.MAX_DELAY.toMillis());
    EnqueueOptions options =
        EnqueueOptions.none().withLane(state.lane()).withDelay(Duration.ofMillis(bounded));
    return producer.enqueueProcess(request, options).onSuccess(id -> metrics.later(why)).mapEmpty();
  }

  /** Completes with false if another worker changed the package in the meantime. */
  private Future<Boolean> claim(Turn turn, Entry entry, TypeHandler handler) {
    long now = turn.clock.millis();
    PackageState state = entry.state();
    if (state.attempts() >= config.attempts()) {
      String why = state.error() == null ? "the last worker left no reason" : state.error();
      return die(turn, entry, exhausted(state, why));
    }
    Lease lease = new Lease(self, UUID.randomUUID().toString(), now + config.lease().toMillis());
    PackageState claimed = state.claimed(lease, now);
    return states
        .write(entry.version(), claimed)
        // Without an answer it may be ours already; the same write again finds out.
        .recover(
            cause ->
                cause instanceof StoreUnavailable
                    ? states.write(entry.version(), claimed)
                    : Future.failedFuture(cause))
        .compose(
            written ->
                written.mine() == null
                    ? Future.succeededFuture(false)
                    : run(turn, written.mine(), handler).map(true));
  }

  private Future<Boolean> die(Turn turn, Entry entry, String why) {
    PackageState dead = entry.state().dead(why, turn.request.getPayload(), turn.clock.millis());
    return states.write(entry.version(), dead).map(written -> died(turn, dead, written.mine()));
  }

  private Future<Void> run(Turn turn, Entry claimed, TypeHandler handler) {
    PackageState state = claimed.state();
    metrics.claimed.increment();
    metrics.running.incrementAndGet();
    if (state.attempts() == 1) {
      metrics.waited(state.lane(), turn.clock.millis() - state.createdMs());
    }
    LeaseRenewer lease =
        new LeaseRenewer(vertx, states, claimed, config.lease(), turn.clock, metrics);
    TraceSpan span =
        Traces.follow("package", TraceSpan.Kind.CONSUMER, turn.request.getTraceparent());
    PackageJob job =
        new PackageJob(
            state.id(),
            state.type(),
            turn.request.getPayload(),
            state.attempts(),
            lease::alive,
            span == null ? "" : span.traceparent());
    return handler
        .run(job)
        .onComplete((done, failure) -> endSpan(span, state, failure))
        .map(v -> state.done(turn.clock.millis()))
        .otherwise(cause -> failure(turn, state, cause))
        .compose(
            outcome -> {
              metrics.running.decrementAndGet();
              return lease.end(outcome).compose(written -> ended(turn, outcome, written));
            });
  }

  private static void endSpan(
      @Nullable TraceSpan span, PackageState state, @Nullable Throwable failure) {
    if (span != null) {
      span.set("ovation.package", state.id()).set("ovation.attempt", state.attempts()).end(failure);
    }
  }

  private PackageState failure(Turn turn, PackageState state, Throwable cause) {
    long now = turn.clock.millis();
    if (cause == STOPPED) {
      return state.handedBack(now);
    }
    String payload = turn.request.getPayload();
    String why = cause.getMessage() == null ? cause.toString() : cause.getMessage();
    if (cause instanceof PermanentFailure) {
      return state.dead(why, payload, now);
    }
    if (state.attempts() >= config.attempts()) {
      return state.dead(exhausted(state, why), payload, now);
    }
    return state.failed(why, now + delays.afterFailure(state.attempts(), cause), now);
  }

  private static String exhausted(PackageState state, String why) {
    return "failed " + state.attempts() + " times; last error: " + why;
  }

  private Future<Void> ended(Turn turn, PackageState outcome, @Nullable Entry written) {
    String status = outcome.status().text();
    if (written == null) {
      metrics.leaseLost.increment();
      logged(
          turn,
          () ->
              log.warn(
                  "package {}: another worker took over; outcome {} is dropped",
                  outcome.id(),
                  status));
      return Future.succeededFuture();
    }
    switch (outcome.status()) {
      case DONE -> {
        metrics.done.increment();
        outcomes.add(written);
      }
      case DEAD -> died(turn, outcome, written);
      default -> {
        metrics.failed.increment();
        logged(
            turn,
            () ->
                log.debug(
                    "package {}, attempt {}: {}",
                    outcome.id(),
                    outcome.attempts(),
                    outcome.error()));
        return later(turn.request, outcome, outcome.retryAtMs() - turn.clock.millis(), Why.RETRY);
      }
    }
    return Future.succeededFuture();
  }

  private static void logged(Turn turn, Runnable logging) {
    String trace = turn.request.getTraceparent();
    Correlation.run(trace, turn.request.getId(), null, logging);
  }

  private boolean died(Turn turn, PackageState state, @Nullable Entry written) {
    if (written != null) {
      metrics.dead.increment();
      outcomes.add(written);
      logged(
          turn,
          () ->
              log.info(
                  "package {} of type {} is dead after {} attempts: {}",
                  state.id(),
                  state.type(),
                  state.attempts(),
                  state.error()));
    }
    return written != null;
  }
}
