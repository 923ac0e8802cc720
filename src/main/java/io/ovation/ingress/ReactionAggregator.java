package io.ovation.ingress;

import io.ovation.live.proto.ReactionBatch;
import io.ovation.queue.Partitions;
import io.ovation.vertx.Contexts;
import io.vertx.core.AsyncResult;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Counts reactions until their batch leaves: one item per partition at most every {@link #GATHER},
 * with all its streams in it. An item per stream would cost the broker and the store by streams;
 * this costs them by partitions, however many streams and reactions there are.
 *
 * <p>Any thread. Streams in a batch are bounded by the calls that may wait ({@code
 * reactions.in_flight}), and a batch leaves early when it is full.
 */
final class ReactionAggregator {
  /** How long a batch gathers. It is what a reaction's answer waits beside the confirm. */
  static final Duration GATHER = Duration.ofMillis(50);

  /** What becomes of a batch; called on a context of the gatherer's own. */
  interface Outcome {
    void durable(int calls, long reactions, long nanos);

    /** Returns the failure that the callers get. */
    Throwable failed(int calls, Throwable cause);
  }

  private final Vertx vertx;

  /** The front's loops come and go; what they wait for does not. */
  private final Context own;

  private final List<String> kinds;
  private final Function<ReactionBatch, Future<String>> publish;
  private final String region;
  private final InstantSource clock;
  private final Outcome outcome;

  /** No other process, and no other life of this one, has it. */
  private final String source = RandomIds.next();

  private final Tray[] trays;

  ReactionAggregator(
      Vertx vertx,
      Partitions partitions,
      List<String> kinds,
      Function<ReactionBatch, Future<String>> publish,
      String region,
      InstantSource clock,
      Outcome outcome) {
    this.vertx = vertx;
    this.own = Contexts.newEventLoop(vertx);
    this.kinds = kinds;
    this.publish = publish;
    this.region = region;
    this.clock = clock;
    this.outcome = outcome;
    this.trays = new Tray[partitions.count()];
    for (int p = 0; p < trays.length; p++) {
      trays[p] = new Tray();
    }
  }

  /** What gathers for one partition. */
  private static final class Tray {
    @Nullable ReactionBatchBuilder open;
    long number;
  }

  /**
   * Counts one call's reactions.
   *
   * @param kind index of the kind
   * @return completes on the caller's context when the batch is durable
   */
  Future<Void> add(int partition, String stream, int kind, long count) {
    Context caller = Contexts.callerRoot(vertx);
    Tray tray = trays[partition];
    ReactionBatchBuilder full = null;
    boolean begun = false;
    Future<Void> answer;
    synchronized (tray) {
      ReactionBatchBuilder open = tray.open;
      if (open == null) {
        open = new ReactionBatchBuilder(++tray.number, kinds.size(), clock.millis());
        tray.open = open;
        begun = true;
      }
      answer = open.add(stream, kind, count, caller);
      if (open.full()) {
        full = open;
        tray.open = null;
      }
    }
    if (full != null) {
      ReactionBatchBuilder leaving = full;
      own.runOnContext(v -> send(leaving));
    } else if (begun) {
      own.runOnContext(v -> vertx.setTimer(GATHER.toMillis(), t -> flush(tray)));
    }
    return answer;
  }

  /** A batch that took the place of a full one may leave a little early. */
  private void flush(Tray tray) {
    ReactionBatchBuilder leaving;
    synchronized (tray) {
      leaving = tray.open;
      tray.open = null;
    }
    if (leaving != null) {
      send(leaving);
    }
  }

  private void send(ReactionBatchBuilder gathering) {
    long start = System.nanoTime();
    published(gathering.batch(source, region, kinds))
        .onComplete(done -> answer(gathering, done, System.nanoTime() - start));
  }

  private Future<String> published(ReactionBatch batch) {
    try {
      return publish.apply(batch);
    } catch (RuntimeException e) {
      return Future.failedFuture(e);
    }
  }

  private void answer(ReactionBatchBuilder gathering, AsyncResult<String> done, long nanos) {
    if (done.succeeded()) {
      outcome.durable(gathering.calls(), gathering.reactions(), nanos);
      gathering.succeed();
    } else {
      gathering.fail(outcome.failed(gathering.calls(), done.cause()));
    }
  }
}
