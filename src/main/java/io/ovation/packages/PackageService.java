package io.ovation.packages;

import io.micrometer.core.instrument.Counter;
import io.ovation.config.Config;
import io.ovation.http.limits.AdmissionControl;
import io.ovation.http.problem.Problem;
import io.ovation.http.problem.ProblemException;
import io.ovation.metrics.Metrics;
import io.ovation.packages.proto.PackageRequest;
import io.ovation.queue.Lane;
import io.ovation.store.Store;
import io.ovation.store.StoreUnavailable;
import io.vertx.core.Future;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.BiFunction;

/**
 * Accepts packages: writes the status {@code pending}, then enqueues the item, and accepts the
 * package when both are durable. A crash between the two leaves a status without an item: the
 * caller has no answer, and a second submission enqueues the item. A crash in the other order would
 * leave an item that is processed under an id that nobody can ask for.
 *
 * <p>Any thread; futures complete on the caller's context.
 */
public final class PackageService {
  private static final int BUSY_RETRY_SECONDS = 5;
  private static final String BUSY =
      "this node already has %2$d packages waiting to be stored, its limit (packages.in_flight);"
          + " this one was not taken: retry in %1$d s";
  private static final String UNCONFIRMED =
      "the store or the queue did not answer; nothing is promised, and the package may still be"
          + " processed. Retry in %d s with the same id: it takes effect once at most";

  private final PackageStateRepository states;
  private final BiFunction<PackageRequest, Lane, Future<String>> enqueue;
  private final InstantSource clock;
  private final AdmissionControl admission;
  private final Counter submitted;
  private final Counter repeated;

  /**
   * @param enqueue completes when the item is durable
   */
  public PackageService(
      Store store,
      BiFunction<PackageRequest, Lane, Future<String>> enqueue,
      Config.Packages config,
      InstantSource clock,
      Metrics metrics) {
    this.states = new PackageStateRepository(store, config.ttl());
    this.enqueue = enqueue;
    this.clock = clock;
    int limit = config.inFlight();
    this.admission =
        new AdmissionControl(metrics, "ovation.packages", "submissions", limit, BUSY_RETRY_SECONDS);
    this.submitted = metrics.counter("ovation.packages.submitted", "packages accepted here");
    String help = "submissions of an id already known";
    this.repeated = metrics.counter("ovation.packages.repeated", help);
  }

  /**
   * @param state at present
   * @param repeated whether the id was known before
   */
  record Accepted(PackageState state, boolean repeated) {}

  /**
   * Accepts a package, or finds the one that has its id. Fails with {@code ProblemException} 429
   * and 503; after the second it may have been accepted.
   *
   * @param traceparent of the request; empty if it is not traced
   */
  Future<Accepted> submit(PackageSubmission submission, String traceparent) {
    PackageState pending = submission.pending(clock.millis());
    return admission
        .admit(
            () ->
                states
                    .write(0, pending)
                    .compose(it -> publish(submission, pending, it, traceparent)),
            BUSY,
            UNCONFIRMED,
            submission.id())
        .onSuccess(accepted -> (accepted.repeated() ? repeated : submitted).increment());
  }

  private Future<Accepted> publish(
      PackageSubmission submission,
      PackageState pending,
      PackageStateRepository.Written written,
      String traceparent) {
    if (written.mine() != null) {
      return enqueue(pending, submission.payload(), traceparent)
          .map(v -> new Accepted(pending, false));
    }
    if (written.others() == null) {
      // The record expired between the write and its answer, packages.ttl after its last change.
      return Future.failedFuture(new StoreUnavailable("the record went away"));
    }
    PackageState known = written.others().state();
    if (!known.fingerprint().equals(pending.fingerprint())) {
      String why = "id: package %s was submitted before with another type, priority or payload";
      return Future.failedFuture(conflict(why.formatted(known.id())));
    }
    boolean maybeUnpublished = known.status() == PackageState.Status.PENDING && !known.seen();
    return (maybeUnpublished
            ? enqueue(known, submission.payload(), traceparent)
            : Future.<Void>succeededFuture())
        .map(v -> new Accepted(known, true));
  }

  /**
   * Sends a dead package back: its attempts start over. A repeated call for one that no worker has
   * seen yet has no further effect. Fails with {@code ProblemException} 404, 409, 429 and 503.
   */
  Future<PackageState> sendBack(String id) {
    return admission.admit(
        () -> states.read(id).compose(found -> sendBack(found.orElseThrow(() -> unknown(id)))),
        BUSY,
        UNCONFIRMED,
        id);
  }

  private Future<PackageState> sendBack(PackageStateRepository.Entry found) {
    PackageState state = found.state();
    String payload = state.payload();
    if (payload == null || state.seen() && state.status() != PackageState.Status.DEAD) {
      String why = "id: package %s is %s; only a dead package can be sent back";
      return Future.failedFuture(conflict(why.formatted(state.id(), state.status().text())));
    }
    PackageState pending = state.sentBack(clock.millis());
    return states
        .write(found.version(), pending)
        .compose(
            written ->
                written.mine() != null
                    ? enqueue(pending, payload, "").map(pending)
                    : Future.failedFuture(conflict("id: the package changes at this moment")));
  }

  private static ProblemException conflict(String why) {
    return new Problem(409, "conflict", "id", why).exception();
  }

  static ProblemException unknown(String id) {
    String why =
        "package %s was never submitted, or is forgotten: a status is kept for packages.ttl after"
            + " its last change";
    return Problem.notFound(why.formatted(id)).exception();
  }

  private Future<Void> enqueue(PackageState state, String payload, String traceparent) {
    PackageRequest request =
        PackageRequest.newBuilder()
            .setId(state.id())
            .setType(state.type())
            .setPayload(payload)
            .setCreatedMs(state.createdMs())
            .setTraceparent(traceparent)
            .build();
    return enqueue.apply(request, state.lane()).mapEmpty();
  }

  /** A package's state, if it is known; fails with {@code ProblemException} 503. */
  Future<Optional<PackageState>> find(String id) {
    return states
        .read(id)
        .map(found -> found.map(PackageStateRepository.Entry::state))
        .recover(cause -> Future.failedFuture(AdmissionControl.explained(cause, UNCONFIRMED, id)));
  }

  AdmissionControl admission() {
    return admission;
  }
}
