package io.ovation.ingress;

import io.ovation.async.Futures;
import io.ovation.live.proto.ReactionBatch;
import io.ovation.queue.Partitions;
import io.ovation.vertx.Contexts;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Adds up reactions until their batch is sent: one item per partition at most every {@link
 * #WINDOW}, with all its streams in it. An item per stream would cost the broker and the store by
 * the number of streams; this costs them by the number of partitions, however many streams and
 * reactions there are.
 *
 * <p>Any thread. The streams in a batch are bounded by the calls in flight ({@code
 * reactions.in_flight}), and a full batch is sent early.
 */
final class ReactionBatcher {
  /** How long a batch collects reactions; a caller waits this long in addition to the confirm. */
  static final Duration WINDOW = Duration.ofMillis(50);

  /** Receives the outcomes of batches, on the aggregator's own context. */
  interface Outcomes {
    void durable(ReactionBatchBuilder batch, long startNanos);

    /** Returns the failure that the callers get. */
    Throwable failed(ReactionBatchBuilder batch, Throwable cause);
  }

  private final Vertx vertx;

  /** Callers' event loops may end before a batch is confirmed; this one does not. */
  private final Context own;

  private final List<String> kinds;
  private final Function<ReactionBatch, Future<String>> publish;
  private final String region;
  private final InstantSource clock;
  private final Outcomes outcomes;

  /** Unique to this process: a restart gets another one. */
  private final String source = RandomIds.next();

  private final PartitionSlot[] slots;

  ReactionBatcher(
      Vertx vertx,
      Partitions partitions,
      List<String> kinds,
      Function<ReactionBatch, Future<String>> publish,
      String region,
      InstantSource clock,
      Outcomes outcomes) {
    this.vertx = vertx;
    this.own = Contexts.newEventLoop(vertx);
    this.kinds = kinds;
    this.publish = publish;
    this.region = region;
    this.clock = clock;
    this.outcomes = outcomes;
    this.slots =
        IntStream.range(0, partitions.count())
            .mapToObj(p -> new PartitionSlot())
            .toArray(PartitionSlot[]::new);
  }

  /** The batch that a partition is collecting; guarded by its own monitor. */
  private static final class PartitionSlot {
    @Nullable ReactionBatchBuilder open;
    long number;
  }

  /**
   * Adds one call's reactions.
   *
   * @param kind index of the kind
   * @return completes on the caller's context when the batch is durable
   */
  Future<Void> add(int partition, String stream, int kind, long count) {
    Context caller = Contexts.callerRoot(vertx);
    PartitionSlot slot = slots[partition];
    ReactionBatchBuilder full = null;
    boolean begun = false;
    Future<Void> answer;
    synchronized (slot) {
      ReactionBatchBuilder open = slot.open;
      if (open == null) {
        open = new ReactionBatchBuilder(++slot.number, kinds.size(), clock.millis());
        slot.open = open;
        begun = true;
      }
      answer = open.add(stream, kind, count, caller);
      if (open.full()) {
        full = open;
        slot.open = null;
      }
    }
    if (full != null) {
      ReactionBatchBuilder batch = full;
      own.runOnContext(v -> send(batch));
    } else if (begun) {
      own.runOnContext(v -> vertx.setTimer(WINDOW.toMillis(), t -> flush(slot)));
    }
    return answer;
  }

  /** A batch begun after a full one may be sent a little early, by the full one's timer. */
  private void flush(PartitionSlot slot) {
    ReactionBatchBuilder batch;
    synchronized (slot) {
      batch = slot.open;
      slot.open = null;
    }
    if (batch != null) {
      send(batch);
    }
  }

  private void send(ReactionBatchBuilder batch) {
    long start = System.nanoTime();
    Futures.attempt(() -> publish.apply(batch.build(source, region, kinds)))
        .onComplete(
            id -> {
              outcomes.durable(batch, start);
              batch.succeed();
            },
            cause -> batch.fail(outcomes.failed(batch, cause)));
  }
}
