package io.ovation.ingress;

import io.micrometer.core.instrument.Counter;
import io.ovation.auth.Caller;
import io.ovation.config.Config;
import io.ovation.http.body.InputRules;
import io.ovation.http.limits.AdmissionControl;
import io.ovation.http.problem.Problem;
import io.ovation.http.problem.ProblemException;
import io.ovation.live.proto.ReactionBatch;
import io.ovation.metrics.Metrics;
import io.ovation.queue.Partitions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.InstantSource;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Accepts reactions: validates each, admits it while {@code reactions.in_flight} allows and
 * comments are not under pressure, counts it, and completes once the batch that holds it is
 * durable. Any thread.
 */
public final class ReactionService {
  /** Reactions in one call. */
  static final int MAX_COUNT = 50;

  private static final int BUSY_RETRY_SECONDS = 5;
  private static final String PRESSED =
      "this node has as many comments waiting as it takes before reactions give way; nothing was"
          + " counted: retry in %d s";
  private static final String BUSY =
      "this node already has %2$d calls with reactions waiting to be stored, its limit"
          + " (reactions.in_flight); nothing was counted: retry in %1$d s";
  private static final String UNCONFIRMED =
      "the queue did not confirm the reaction; nothing is promised, and it may still count."
          + " Retry in %d s, or let it be: a retry may count a second time";

  private final List<String> kinds;
  private final Partitions partitions;
  private final BooleanSupplier pressed;
  private final AdmissionControl admission;
  private final Counter calls;
  private final Counter accepted;
  private final ReactionBatcher batcher;

  /**
   * @param publish completes once the batch is durable
   * @param pressed whether comments are near their limit, so that reactions must be refused
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
    this.pressed = pressed;
    this.admission =
        new AdmissionControl(
            metrics,
            "ovation.ingress.reactions",
            "calls with reactions",
            config.inFlight(),
            BUSY_RETRY_SECONDS);
    String help = "calls whose reactions became durable";
    this.calls = metrics.counter("ovation.ingress.reactions.calls", help);
    help = "reactions durably counted";
    this.accepted = metrics.counter("ovation.ingress.reactions.accepted", help);
    this.batcher = new ReactionBatcher(vertx, partitions, kinds, publish, region, clock);
  }

  /** As {@link io.ovation.stage.SubmissionService#submitReaction}. */
  Future<Void> reaction(
      Caller caller,
      String stream,
      @Nullable Object user,
      @Nullable Object kind,
      @Nullable Object count,
      @Nullable Object id) {
    try {
      InputRules.stream(stream);
      InputRules.user(caller.actsAs(user));
      Problem.require("kind", kindFault(kind));
      Problem.require("count", count == null ? null : countFault(count));
      InputRules.id(id);
    } catch (ProblemException invalid) {
      return admission.refuse(invalid);
    }
    if (pressed.getAsBoolean()) {
      return admission.refuse(admission.busy(PRESSED, ""));
    }
    long times = count == null ? 1 : (Long) count;
    int index = kinds.indexOf(kind);
    return admission
        .admit(
            () -> batcher.add(partitions.of(stream), stream, index, times), BUSY, UNCONFIRMED, "")
        .onSuccess(
            v -> {
              calls.increment();
              accepted.increment(times);
            });
  }

  AdmissionControl admission() {
    return admission;
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
    return count instanceof Long times && times >= 1 && times <= MAX_COUNT
        ? null
        : "must be a whole number from 1 to " + MAX_COUNT;
  }
}
