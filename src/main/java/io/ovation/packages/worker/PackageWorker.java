package io.ovation.packages.worker;

import io.ovation.config.Config;
import io.ovation.packages.PackageJob;
import io.ovation.packages.PackageSubmission;
import io.ovation.packages.PermanentFailure;
import io.ovation.packages.proto.PackageRequest;
import io.ovation.packages.proto.PackagesHandler;
import io.ovation.packages.proto.PackagesProducer;
import io.ovation.packages.state.PackageState;
import io.ovation.packages.state.PackageState.Lease;
import io.ovation.packages.state.PackageStateRepository;
import io.ovation.packages.state.PackageStateRepository.Entry;
import io.ovation.packages.worker.PackageWorkerMetrics.Why;
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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Processes a package's item: claim, handler, outcome. An item is acked only when its package is
 * done or dead, or when another item of it is in the queue. So there is at least one from a
 * package's acceptance to its end, and a surplus one does no harm. Used on the consumer's context.
 */
public final class PackageWorker implements PackagesHandler {
  private static final Logger log = LoggerFactory.getLogger(PackageWorker.class);

  /** How often other workers may change a package's state before its item is put back. */
  private static final int TRIES = 3;

  private static final long CONTENDED_MS = 1_000;

  private final Vertx vertx;
  private final String self;
  private final PackageStateRepository states;
  private final PackagesProducer producer;
  private final Map<String, BoundedHandler> handlers;
  private final Config.Packages config;
  private final InstantSource clock;
  private final PackageWorkerMetrics metrics;

  /**
   * @param self this node's name in leases
   * @param handlers by type
   */
  public PackageWorker(
      Vertx vertx,
      String self,
      PackageStateRepository states,
      PackagesProducer producer,
      Map<String, BoundedHandler> handlers,
      Config.Packages config,
      InstantSource clock,
      PackageWorkerMetrics metrics) {
    this.vertx = vertx;
    this.self = self;
    this.states = states;
    this.producer = producer;
    this.handlers = handlers;
    this.config = config;
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
    PackageSubmission submission =
        new PackageSubmission(
            request.getId(), request.getType(), Lane.NORMAL, request.getPayload());
    long created = request.getCreatedMs() > 0 ? request.getCreatedMs() : clock.millis();
    return PackageState.pending(
        submission.id(), submission.type(), submission.lane(), submission.fingerprint(), created);
  }

  private Future<Void> decide(PackageRequest request, Entry entry, int tries) {
    PackageState state = entry.state();
    if (state.status().isFinal()) {
      metrics.settled.increment();
      return Future.succeededFuture();
    }
    long held = state.heldForMs(clock.millis());
    if (held > 0) {
      boolean leased = state.lease() != null;
      return later(
          request,
          state,
          leased ? RetryDelays.afterLease(held) : held,
          leased ? Why.LEASE : Why.RETRY);
    }
    BoundedHandler handler = handlers.get(state.type());
    if (handler == null) {
      return unhandled(request, entry);
    }
    return handler
        .limiter
        .enter()
        .compose(
            entered ->
                entered
                    ? attempt(request, entry, handler, tries)
                    : later(request, state, RetryDelays.whileBusy(), Why.BUSY));
  }

  private Future<Void> attempt(
      PackageRequest request, Entry entry, BoundedHandler handler, int tries) {
    return claim(request, entry, handler)
        .onComplete(done -> handler.limiter.leave())
        .compose(
            settled ->
                settled ? Future.succeededFuture() : again(request, entry.state(), tries - 1));
  }

  private Future<Void> again(PackageRequest request, PackageState state, int tries) {
    return tries > 0 ? look(request, tries) : later(request, state, CONTENDED_MS, Why.CONTENDED);
  }

  /** The type has no handler here: the state says so, and the pauses grow. */
  private Future<Void> unhandled(PackageRequest request, Entry entry) {
    long now = clock.millis();
    PackageState state = entry.state();
    Future<?> noted =
        "handler".equals(state.waitingFor())
            ? Future.succeededFuture()
            : states.write(entry.version(), state.waiting("handler", now));
    long age = now - state.times().createdMs();
    return noted.compose(v -> later(request, state, RetryDelays.untilHandler(age), Why.HANDLER));
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
  private Future<Boolean> claim(PackageRequest request, Entry entry, BoundedHandler handler) {
    long now = clock.millis();
    PackageState state = entry.state();
    if (state.attempts() >= config.attempts()) {
      String why = state.error() == null ? "the last worker left no reason" : state.error();
      return states
          .write(
              entry.version(),
              state.dead("failed " + state.attempts() + " times; last error: " + why, now))
          .map(written -> died(state, why, written.mine() != null));
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

  private Future<Void> run(PackageRequest request, Entry claimed, BoundedHandler handler) {
    PackageState state = claimed.state();
    metrics.claimed.increment();
    metrics.running.incrementAndGet();
    if (state.attempts() == 1) {
      metrics.waited(state.lane(), state.times().startedMs() - state.times().createdMs());
    }
    LeaseRenewer lease = new LeaseRenewer(vertx, states, claimed, config.lease(), clock, metrics);
    PackageJob job =
        new PackageJob(
            state.id(), state.type(), request.getPayload(), state.attempts(), lease::alive);
    return handler
        .run(job)
        .transform(
            done -> {
              metrics.running.decrementAndGet();
              return done.succeeded()
                  ? finish(request, lease, state.done(clock.millis()))
                  : finish(request, lease, failure(state, done.cause()));
            });
  }

  private PackageState failure(PackageState state, Throwable cause) {
    long now = clock.millis();
    String why = cause.getMessage() == null ? cause.toString() : cause.getMessage();
    if (cause instanceof PermanentFailure) {
      return state.dead(why, now);
    }
    if (state.attempts() >= config.attempts()) {
      return state.dead("failed " + state.attempts() + " times; last error: " + why, now);
    }
    return state.failed(why, now + RetryDelays.afterFailure(config, state.attempts()), now);
  }

  private Future<Void> finish(PackageRequest request, LeaseRenewer lease, PackageState outcome) {
    return lease
        .end(outcome)
        .compose(
            written -> {
              if (!written) {
                metrics.leaseLost.increment();
                log.warn(
                    "package {}: another worker took over during attempt {}; its outcome {} is dropped",
                    outcome.id(),
                    outcome.attempts(),
                    outcome.status().text());
                return Future.succeededFuture();
              }
              return ended(request, outcome);
            });
  }

  private Future<Void> ended(PackageRequest request, PackageState outcome) {
    switch (outcome.status()) {
      case DONE -> metrics.done.increment();
      case DEAD -> died(outcome, String.valueOf(outcome.error()), true);
      default -> {
        metrics.failed.increment();
        log.debug("package {}, attempt {}: {}", outcome.id(), outcome.attempts(), outcome.error());
        long pause = outcome.retryAtMs() - clock.millis();
        return later(request, outcome, pause, Why.RETRY);
      }
    }
    return Future.succeededFuture();
  }

  private boolean died(PackageState state, String why, boolean written) {
    if (written) {
      metrics.dead.increment();
      log.info(
          "package {} of type {} is dead after {} attempts: {}",
          state.id(),
          state.type(),
          state.attempts(),
          why);
    }
    return written;
  }
}
