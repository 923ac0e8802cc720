package io.ovation.packages;

import io.ovation.config.Config;
import io.ovation.disk.DiskUnavailable;
import io.ovation.http.problem.Problem;
import io.ovation.packages.proto.PackageRequest;
import io.ovation.packages.proto.PackagesProducer;
import io.ovation.packages.state.PackageState;
import io.ovation.packages.state.PackageStateRepository;
import io.ovation.packages.state.PackageStatus;
import io.ovation.queue.BrokerUnavailable;
import io.ovation.queue.Lane;
import io.ovation.queue.typed.EnqueueOptions;
import io.ovation.store.Store;
import io.ovation.store.StoreUnavailable;
import io.vertx.core.Future;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The way in for packages. First the status {@code pending} is written, then the item is published,
 * and only when both are durable the package is accepted. A crash between the two leaves a status
 * without an item: nobody was told that it is accepted, and whoever submits it again publishes it.
 * A crash in the other order would leave an item that works for an id nobody can ask after.
 *
 * <p>Any thread; futures complete on the caller's context.
 */
public final class PackageService {
  /** Those who are refused together should not come back together. Seconds. */
  private static final int RETRY_MAX = 5;

  private final PackageStateRepository book;
  private final Enqueue enqueue;
  private final int limit;
  private final InstantSource clock;
  private final PackageMetrics meters;
  private final AtomicInteger inFlight = new AtomicInteger();

  /** Puts items into the queue; completes when they are durable. */
  public interface Enqueue {
    Future<String> put(PackageRequest request, Lane lane);

    /** By the queue's producer. */
    static Enqueue with(PackagesProducer producer) {
      return (request, lane) ->
          producer.enqueueProcess(request, EnqueueOptions.none().withLane(lane));
    }
  }

  public PackageService(
      Store store,
      Enqueue enqueue,
      Config.Packages config,
      InstantSource clock,
      PackageMetrics meters) {
    this.book = new PackageStateRepository(store, config.ttl());
    this.enqueue = enqueue;
    this.limit = config.inFlight();
    this.clock = clock;
    this.meters = meters;
    meters.watch(inFlight);
  }

  /**
   * @param state today's
   * @param repeated whether the id was known before
   */
  record Accepted(PackageState state, boolean repeated) {}

  /**
   * Accepts a package, or finds the one that has its id. Fails with {@code ProblemException} 429
   * and 503; after the second it may have been accepted.
   */
  Future<Accepted> submit(PackageSubmission fields) {
    if (inFlight.incrementAndGet() > limit) {
      inFlight.decrementAndGet();
      return Future.failedFuture(busy().exception());
    }
    PackageState pending =
        PackageState.pending(
            fields.id(), fields.type(), fields.lane(), fields.fingerprint(), clock.millis());
    long start = System.nanoTime();
    return book.write(0, pending)
        .compose(written -> publish(fields, pending, written))
        .onComplete(done -> inFlight.decrementAndGet())
        .onSuccess(accepted -> meters.accepted(accepted.repeated(), System.nanoTime() - start))
        .recover(cause -> Future.failedFuture(explained(cause)));
  }

  private Future<Accepted> publish(
      PackageSubmission fields, PackageState pending, PackageStateRepository.Written written) {
    if (written.mine() != null) {
      return enqueue(fields, pending).map(v -> new Accepted(pending, false));
    }
    if (written.others() == null) {
      // It was forgotten between the write and its answer, a day after its last change.
      return Future.failedFuture(new StoreUnavailable("the record went away"));
    }
    PackageState known = written.others().state();
    boolean maybeUnpublished =
        known.status() == PackageStatus.PENDING
            && !known.seen()
            && known.fingerprint().equals(pending.fingerprint());
    return (maybeUnpublished ? enqueue(fields, known) : Future.<Void>succeededFuture())
        .map(v -> new Accepted(known, true));
  }

  private Future<Void> enqueue(PackageSubmission fields, PackageState state) {
    PackageRequest request =
        PackageRequest.newBuilder()
            .setId(fields.id())
            .setType(fields.type())
            .setPayload(fields.payload())
            .setCreatedMs(state.times().createdMs())
            .build();
    return enqueue.put(request, fields.lane()).mapEmpty();
  }

  /** What is known of a package; fails with {@code ProblemException} 503. */
  Future<Optional<PackageState>> find(String id) {
    return book.read(id)
        .map(found -> found.map(PackageStateRepository.Entry::state))
        .recover(cause -> Future.failedFuture(explained(cause)));
  }

  PackageMetrics meters() {
    return meters;
  }

  private Problem busy() {
    int seconds = retrySeconds();
    return Problem.busy(
        ("this node already has %d packages waiting to be stored, its limit (packages.in_flight);"
                + " this one was not taken: retry in %d s")
            .formatted(limit, seconds),
        seconds);
  }

  private static Throwable explained(Throwable cause) {
    boolean away =
        cause instanceof BrokerUnavailable
            || cause instanceof StoreUnavailable
            || cause instanceof DiskUnavailable;
    if (!away) {
      return cause;
    }
    int seconds = retrySeconds();
    return Problem.unavailable(
            ("the store or the queue did not answer; nothing is promised, and the package may still"
                    + " be processed. Retry in %d s with the same id: it takes effect once at most")
                .formatted(seconds),
            seconds)
        .exception();
  }

  private static int retrySeconds() {
    return ThreadLocalRandom.current().nextInt(1, RETRY_MAX + 1);
  }
}
