package io.ovation.ingress;

import io.micrometer.core.instrument.Counter;
import io.ovation.config.Config;
import io.ovation.http.AdmissionControl;
import io.ovation.http.body.InputRules;
import io.ovation.http.problem.ProblemException;
import io.ovation.live.proto.CommentRequest;
import io.ovation.metrics.Metrics;
import io.ovation.stage.CommentSubmission;
import io.vertx.core.Future;
import java.time.InstantSource;
import java.util.function.Function;

/**
 * Accepts comments: validates each, admits it while {@code ingress.in_flight} allows, and completes
 * once it is durable. Any thread; futures complete where the queue's producer completes, which is
 * the caller's Vert.x context.
 */
public final class CommentService {
  private static final int BUSY_RETRY_SECONDS = 3;
  private static final String BUSY =
      "this node already has %2$d comments waiting to be stored, its limit (ingress.in_flight);"
          + " this one was not taken: retry in %1$d s";
  private static final String UNCONFIRMED =
      "the queue did not confirm the comment; nothing is promised, and it may still appear."
          + " Retry in %d s with the same id (\"%s\"), and it appears once at most";

  private final Function<CommentRequest, Future<String>> enqueue;
  private final String region;
  private final InstantSource clock;
  private final AdmissionControl admission;
  private final Counter accepted;

  /**
   * @param enqueue completes once the comment is durable: {@code CommentsProducer::enqueueComment}
   * @param region of this node
   */
  public CommentService(
      Function<CommentRequest, Future<String>> enqueue,
      Config.Ingress config,
      String region,
      InstantSource clock,
      Metrics metrics) {
    this.enqueue = enqueue;
    this.region = region;
    this.clock = clock;
    int limit = config.inFlight();
    this.admission =
        new AdmissionControl(metrics, "ovation.ingress", "comments", limit, BUSY_RETRY_SECONDS);
    this.accepted = metrics.counter("ovation.ingress.accepted", "comments durably enqueued");
  }

  /** As {@link io.ovation.stage.SubmissionService#submitComment}. */
  Future<String> comment(CommentSubmission comment) {
    CommentRequest.Builder request;
    try {
      request =
          CommentRequest.newBuilder()
              .setStream(InputRules.stream(comment.stream()))
              .setUser(InputRules.user(comment.caller().actsAs(comment.user())))
              .setText(InputRules.text(comment.text()));
      String givenId = InputRules.id(comment.id());
      request.setId(givenId == null ? RandomIds.next() : givenId);
    } catch (ProblemException invalid) {
      return admission.refuse(invalid);
    }
    return submit(request);
  }

  private Future<String> submit(CommentRequest.Builder checked) {
    String ownId = checked.getId();
    CommentRequest request = checked.setAtMs(clock.millis()).setRegion(region).build();
    return admission
        .admit(() -> enqueue.apply(request), BUSY, UNCONFIRMED, ownId)
        .map(ownId)
        .onSuccess(v -> accepted.increment());
  }

  /** Whether so many comments wait that reactions, which rank below them, must be refused. */
  public boolean pressed() {
    return admission.inFlight().used() > admission.inFlight().limit() / 2;
  }

  AdmissionControl admission() {
    return admission;
  }
}
