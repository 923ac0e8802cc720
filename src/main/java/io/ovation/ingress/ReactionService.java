package io.ovation.ingress;

import io.ovation.async.InFlightLimiter;
import io.ovation.config.Config;
import io.ovation.disk.DiskUnavailable;
import io.ovation.http.body.InputRules;
import io.ovation.http.problem.Problem;
import io.ovation.http.problem.ProblemException;
import io.ovation.live.proto.ReactionBatch;
import io.ovation.metrics.Metrics;
import io.ovation.queue.BrokerUnavailable;
import io.ovation.queue.Partitions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The one way in for reactions: checks them, takes them within a budget of their own, counts them,
 * and answers when the batch that holds them is durable. Under pressure they are refused before any
 * comment is. Any thread.
 */
public final class ReactionService {
  /** Reactions of one call. */
  static final int MOST_AT_ONCE = 50;

  /** Those who are refused together should not come back together. Seconds. */
  private static final int RETRY_MAX = 5;

  private final List<String> kinds;
  private final Partitions partitions;
  private final InFlightLimiter inFlight;
  private final BooleanSupplier pressed;
  private final ReactionMetrics meters;
  private final ReactionAggregator aggregator;

  /**
   * @param publish completes once the batch is durable
   * @param pressed whether comments are near their bound, so that reactions must give way
   */
  public ReactionService(
      Vertx vertx,
      Function<ReactionBatch, Future<String>> publish,
      Partitions partitions,
      Config.Reactions config,
      String region,
      BooleanSupplier pressed,
      InstantSource clock,
      Metrics metrics) {
    this.kinds = config.kinds();
    this.partitions = partitions;
    this.inFlight = new InFlightLimiter(config.inFlight());
    this.pressed = pressed;
    this.meters = new ReactionMetrics(metrics, inFlight);
    ReactionAggregator.Outcome outcome =
        new ReactionAggregator.Outcome() {
          @Override
          public void durable(int calls, long reactions, long nanos) {
            inFlight.giveBack(calls);
            meters.accepted(calls, reactions, nanos);
          }

          @Override
          public Throwable failed(int calls, Throwable cause) {
            inFlight.giveBack(calls);
            Throwable answer = explained(cause);
            meters.refused(answer, calls);
            return answer;
          }
        };
    this.aggregator =
        new ReactionAggregator(vertx, partitions, kinds, publish, region, clock, outcome);
  }

  /** As {@link io.ovation.stage.SubmissionService#submitReaction}. */
  Future<Void> reaction(
      String stream,
      @Nullable Object user,
      @Nullable Object kind,
      @Nullable Object count,
      @Nullable Object id) {
    Problem invalid = fault(stream, user, kind, count, id);
    if (invalid != null) {
      return refuse(invalid);
    }
    if (pressed.getAsBoolean()) {
      return refuse(
          busy("this node has as many comments waiting as it takes before reactions give way"));
    }
    if (!inFlight.take()) {
      return refuse(
          busy(
              "this node already has %d calls with reactions waiting to be stored, its limit (reactions.in_flight)"
                  .formatted(inFlight.limit())));
    }
    long times = count == null ? 1 : (Long) count;
    return aggregator.add(partitions.of(stream), stream, kinds.indexOf(kind), times);
  }

  ReactionMetrics meters() {
    return meters;
  }

  private @Nullable Problem fault(
      String stream,
      @Nullable Object user,
      @Nullable Object kind,
      @Nullable Object count,
      @Nullable Object id) {
    Problem fault = problem("stream", InputRules.streamFault(stream));
    if (fault == null) {
      fault = problem("user", InputRules.userFault(user));
    }
    if (fault == null) {
      fault = problem("kind", kindFault(kind));
    }
    if (fault == null && count != null) {
      fault = problem("count", countFault(count));
    }
    return fault == null && id != null ? problem("id", InputRules.idFault(id)) : fault;
  }

  private @Nullable String kindFault(@Nullable Object kind) {
    if (kind == null) {
      return "is missing";
    }
    return kind instanceof String name && kinds.contains(name)
        ? null
        : "must be one of " + String.join(", ", kinds);
  }

  private static @Nullable String countFault(Object count) {
    return count instanceof Long times && times >= 1 && times <= MOST_AT_ONCE
        ? null
        : "must be a whole number from 1 to " + MOST_AT_ONCE;
  }

  private static @Nullable Problem problem(String field, @Nullable String why) {
    return why == null ? null : Problem.invalid(field, why);
  }

  private Future<Void> refuse(Problem problem) {
    ProblemException refusal = problem.exception();
    meters.refused(refusal, 1);
    return Future.failedFuture(refusal);
  }

  private static Problem busy(String why) {
    int seconds = jitter();
    return Problem.busy(why + "; nothing was counted: retry in " + seconds + " s", seconds);
  }

  private static Throwable explained(Throwable cause) {
    if (!(cause instanceof BrokerUnavailable || cause instanceof DiskUnavailable)) {
      return cause;
    }
    int seconds = jitter();
    return Problem.unavailable(
            ("the queue did not confirm the reaction; nothing is promised, and it may still count."
                    + " Retry in %d s, or let it be: a retry may count a second time")
                .formatted(seconds),
            seconds)
        .exception();
  }

  private static int jitter() {
    return ThreadLocalRandom.current().nextInt(1, RETRY_MAX + 1);
  }
}
