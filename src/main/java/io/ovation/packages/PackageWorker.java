package io.ovation.packages;

import io.ovation.async.Backoff;
import io.ovation.config.Config;
import io.ovation.packages.PackageState.Lease;
import io.ovation.packages.PackageStateRepository.Entry;
import io.ovation.packages.PackageWorkerMetrics.Why;
import io.ovation.packages.proto.PackageRequest;
import io.ovation.packages.proto.PackagesHandler;
import io.ovation.packages.proto.PackagesProducer;
import io.ovation.queue.Broker;
import io.ovation.queue.Lane;
import io.ovation.queue.typed.EnqueueOptions;
import io.ovation.queue.typed.ItemMetadata;
import io.ovation.queue.typed.PoisonItem;
import io.ovation.store.StoreUnavailable;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
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
  private static final double JITTER = 0.2;

  /** A package whose type has no handler is looked at again after a quarter of its age, within: */
  private static final long HANDLER_MIN_MS = 1_000;

  private static final long HANDLER_MAX_MS = 60_000;

  /** While its type has all its places taken here. */
  private static final long BUSY_MIN_MS = 1_000;

  private static final long BUSY_MAX_MS = 5_000;

  /** Added to the end of a lease, since clocks differ a little. */
  private static final long AFTER_LEASE_MS = 100;

  private final Vertx vertx;
  private final String self;
  private final PackageStateRepository states;
  private final PackagesProducer producer;
  private final Map<String, TypeHandler> handlers;
  private final Config.Packages config;
  private final Backoff backoff;
  private final InstantSource clock;
  private final PackageWorkerMetrics metrics;

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
      InstantSource clock,
      PackageWorkerMetrics metrics) {
    this.vertx = vertx;
    this.self = self;
    this.states = states;
    this.producer = producer;
    this.handlers = handlers;
    this.config = config;
    this.backoff = new Backoff(config.backoffInitial(), 2, config.backoffMax(), JITTER);
    this.clock = clock;
    this.metrics = metrics;
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

  private Future<Void> look(PackageRequest request, int tries) {
    return states
        .read(request.getId())
        .compose(
            found -> decide(request, found.orElseGet(() -> new Entry(0, unknown(request))), tries));
  }

  /** For an item that was not submitted by HTTP, or whose state has expired. */
  private PackageState unknown(PackageRequest request) {
    long created = request.getCreatedMs() > 0 ? request.getCreatedMs() : clock.millis();
    return new PackageSubmission(
            request.getId(), request.getType(), Lane.NORMAL, request.getPayload())
        .pending(created);
  }

  private Future<Void> decide(PackageRequest request, Entry entry, int tries) {
    PackageState state = entry.state();
    if (state.status().isFinal()) {
      metrics.settled.increment();
      return Future.succeededFuture();
    }
    long held = state.heldForMs(clock.millis());
    if (held > 0) {
      return state.lease() == null
          ? later(request, state, held, Why.RETRY)
          : later(request, state, held + AFTER_LEASE_MS, Why.LEASE);
    }
    TypeHandler handler = handlers.get(state.type());
    if (handler == null) {
      return unhandled(request, entry);
    }
    return handler
        .enter()
        .compose(
            entered -> {
              if (entered) {
                return attempt(request, entry, handler, tries);
              }
              long pause = ThreadLocalRandom.current().nextLong(BUSY_MIN_MS, BUSY_MAX_MS);
              return later(request, state, pause, Why.BUSY);
            });
  }

  private Future<Void> attempt(
      PackageRequest request, Entry entry, TypeHandler handler, int tries) {
    return claim(request, entry, handler)
        .onComplete(done -> handler.leave())
        .compose(
            settled -> {
              if (settled) {
                return Future.succeededFuture();
              }
              return tries > 1
                  ? look(request, tries - 1)
                  : later(request, entry.state(), CONTENDED_MS, Why.CONTENDED);
            });
  }

  /** The type has no handler here: the state says so, and the pauses grow. */
  private Future<Void> unhandled(PackageRequest request, Entry entry) {
    long now = clock.millis();
    PackageState state = entry.state();
    Future<?> noted =
        "handler".equals(state.waitingFor())
            ? Future.succeededFuture()
            : states.write(entry.version(), state.waiting("handler", now));
    long age = now - state.createdMs();
    Duration pause = Duration.ofMillis(Math.max(HANDLER_MIN_MS, Math.min(HANDLER_MAX_MS, age / 4)));
    long jittered = new Backoff(pause, 1, pause, JITTER).pauseMs(1);
    return noted.compose(v -> later(request, state, jittered, Why.HANDLER));
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
  private Future<Boolean> claim(PackageRequest request, Entry entry, TypeHandler handler) {
    long now = clock.millis();
    PackageState state = entry.state();
    if (state.attempts() >= config.attempts()) {
      String why = state.error() == null ? "the last worker left no reason" : state.error();
      PackageState dead = exhausted(state, why, now);
      return states.write(entry.version(), dead).map(written -> died(dead, written.mine() != null));
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
                    : run(request, written.mine(), handler).map(true));
  }

  private Future<Void> run(PackageRequest request, Entry claimed, TypeHandler handler) {
    PackageState state = claimed.state();
    metrics.claimed.increment();
    metrics.running.incrementAndGet();
    if (state.attempts() == 1) {
      metrics.waited(state.lane(), clock.millis() - state.createdMs());
    }
    LeaseRenewer lease = new LeaseRenewer(vertx, states, claimed, config.lease(), clock, metrics);
    PackageJob job =
        new PackageJob(
            state.id(), state.type(), request.getPayload(), state.attempts(), lease::alive);
    return handler
        .run(job)
        .map(v -> state.done(clock.millis()))
        .otherwise(cause -> failure(state, cause))
        .compose(
            outcome -> {
              metrics.running.decrementAndGet();
              return lease.end(outcome).compose(written -> ended(request, outcome, written));
            });
  }

  private PackageState failure(PackageState state, Throwable cause) {
    long now = clock.millis();
    String why = cause.getMessage() == null ? cause.toString() : cause.getMessage();
    if (cause instanceof PermanentFailure) {
      return state.dead(why, now);
    }
    return state.attempts() >= config.attempts()
        ? exhausted(state, why, now)
        : state.failed(why, now + backoff.pauseMs(state.attempts()), now);
  }

  private static PackageState exhausted(PackageState state, String why, long now) {
    return state.dead("failed " + state.attempts() + " times; last error: " + why, now);
  }

  private Future<Void> ended(PackageRequest request, PackageState outcome, boolean written) {
    String status = outcome.status().text();
    if (!written) {
      metrics.leaseLost.increment();
      log.warn("package {}: another worker took over; outcome {} is dropped", outcome.id(), status);
      return Future.succeededFuture();
    }
    switch (outcome.status()) {
      case DONE -> metrics.done.increment();
      case DEAD -> died(outcome, true);
      default -> {
        metrics.failed.increment();
        log.debug("package {}, attempt {}: {}", outcome.id(), outcome.attempts(), outcome.error());
        return later(request, outcome, outcome.retryAtMs() - clock.millis(), Why.RETRY);
      }
    }
    return Future.succeededFuture();
  }

  private boolean died(PackageState state, boolean written) {
    if (written) {
      metrics.dead.increment();
      log.info(
          "package {} of type {} is dead after {} attempts: {}",
          state.id(),
          state.type(),
          state.attempts(),
          state.error());
    }
    return written;
  }
}
