package io.ovation.ingress;

import io.ovation.async.InFlightLimiter;
import io.ovation.config.Config;
import io.ovation.disk.DiskUnavailable;
import io.ovation.http.body.InputRules;
import io.ovation.http.problem.Problem;
import io.ovation.http.problem.ProblemException;
import io.ovation.live.proto.CommentRequest;
import io.ovation.metrics.Metrics;
import io.ovation.queue.BrokerUnavailable;
import io.vertx.core.Future;
import java.time.InstantSource;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The one way in for comments: checks them, takes them within a budget, and answers for those that
 * are durable. Any thread; the answer comes where the queue's producer completes, which is the
 * caller's Vert.x context.
 */
public final class CommentService {

  /** Those who are refused together should not come back together. Seconds. */
  private static final int BUSY_RETRY_MAX = 3;

  /** A broker that is away stays away for longer than a full queue stays full. Seconds. */
  private static final int AWAY_RETRY_MAX = 5;

  private final Function<CommentRequest, Future<String>> enqueue;
  private final String region;
  private final InstantSource clock;
  private final InFlightLimiter inFlight;
  private final CommentMetrics meters;

  /**
   * @param enqueue completes with the id once the comment is durable: {@code
   *     CommentsProducer::enqueueComment}
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
    this.inFlight = new InFlightLimiter(config.inFlight());
    this.meters = new CommentMetrics(metrics, inFlight);
  }

  /** As {@link io.ovation.stage.SubmissionService#submitComment}. */
  Future<String> comment(
      String stream, @Nullable Object user, @Nullable Object text, @Nullable Object id) {
    Problem invalid = fault(stream, user, text, id);
    if (invalid != null) {
      return refuse(invalid);
    }
    if (!inFlight.take()) {
      return refuse(busy());
    }
    String ownId = id == null ? RandomIds.next() : (String) id;
    CommentRequest request =
        CommentRequest.newBuilder()
            .setStream(stream)
            .setUser((String) user)
            .setText((String) text)
            .setId(ownId)
            .setAtMs(clock.millis())
            .setRegion(region)
            .build();
    long start = System.nanoTime();
    return enqueued(request)
        .transform(
            done -> {
              inFlight.giveBack();
              if (done.succeeded()) {
                meters.accepted(System.nanoTime() - start);
                return Future.succeededFuture(ownId);
              }
              return refuse(explained(done.cause(), ownId));
            });
  }

  /** Whether so many wait that what ranks below comments must give way. */
  public boolean pressed() {
    return inFlight.used() > inFlight.limit() / 2;
  }

  CommentMetrics meters() {
    return meters;
  }

  private static @Nullable Problem fault(
      String stream, @Nullable Object user, @Nullable Object text, @Nullable Object id) {
    Problem fault = problem("stream", InputRules.streamFault(stream));
    if (fault == null) {
      fault = problem("user", InputRules.userFault(user));
    }
    if (fault == null) {
      fault = problem("text", InputRules.textFault(text));
    }
    return fault == null && id != null ? problem("id", InputRules.idFault(id)) : fault;
  }

  private static @Nullable Problem problem(String field, @Nullable String why) {
    return why == null ? null : Problem.invalid(field, why);
  }

  private Future<String> enqueued(CommentRequest request) {
    try {
      return enqueue.apply(request);
    } catch (RuntimeException e) {
      return Future.failedFuture(e);
    }
  }

  private Future<String> refuse(Problem problem) {
    return refuse(problem.exception());
  }

  private Future<String> refuse(Throwable cause) {
    if (cause instanceof ProblemException refusal) {
      meters.refused(refusal.problem());
    } else {
      meters.refused("internal");
    }
    return Future.failedFuture(cause);
  }

  private Problem busy() {
    int seconds = jitter(BUSY_RETRY_MAX);
    return Problem.busy(
        ("this node already has %d comments waiting to be stored, its limit (ingress.in_flight);"
                + " this one was not taken: retry in %d s")
            .formatted(inFlight.limit(), seconds),
        seconds);
  }

  private static Throwable explained(Throwable cause, String id) {
    if (!(cause instanceof BrokerUnavailable || cause instanceof DiskUnavailable)) {
      return cause;
    }
    int seconds = jitter(AWAY_RETRY_MAX);
    return Problem.unavailable(
            ("the queue did not confirm the comment; nothing is promised, and it may still appear."
                    + " Retry in %d s with the same id (\"%s\"), and it appears once at most")
                .formatted(seconds, id),
            seconds)
        .exception();
  }

  private static int jitter(int max) {
    return ThreadLocalRandom.current().nextInt(1, max + 1);
  }
}
