package io.ovation.ingress;

import io.ovation.async.Futures;
import io.ovation.live.proto.ReactionBatch;
import io.ovation.live.proto.StreamReactions;
import io.ovation.queue.Partitions;
import io.ovation.stage.RandomIds;
import io.ovation.vertx.Contexts;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
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

  /** With the longest names and all kinds, an item of this many streams stays below 1 MiB. */
  private static final int MAX_STREAMS = 1_000;

  private final Vertx vertx;

  /** Callers' event loops may end before a batch is confirmed; this one does not. */
  private final Context own;

  private final List<String> kinds;
  private final Function<ReactionBatch, Future<String>> publish;
  private final String region;
  private final InstantSource clock;

  /** Unique to this process: a restart gets another one. */
  private final String source = RandomIds.next();

  private final PartitionSlot[] slots;

  ReactionBatcher(
      Vertx vertx,
      Partitions partitions,
      List<String> kinds,
      Function<ReactionBatch, Future<String>> publish,
      String region,
      InstantSource clock) {
    this.vertx = vertx;
    this.own = Contexts.newEventLoop(vertx);
    this.kinds = kinds;
    this.publish = publish;
    this.region = region;
    this.clock = clock;
    this.slots =
        Stream.generate(PartitionSlot::new).limit(partitions.count()).toArray(PartitionSlot[]::new);
  }

  /** The batch that a partition is collecting; guarded by its own monitor. */
  private static final class PartitionSlot {
    @Nullable Batch open;
    long number;
  }

  /**
   * One partition's reaction counts that are sent together, and the promises of their callers: one
   * per event loop, however many calls. Filled under its slot's monitor; after that used on one
   * thread.
   */
  private final class Batch {
    final long number;
    final long atMs = clock.millis();
    final Map<String, long[]> counts = new HashMap<>();
    final Map<Context, Promise<Void>> waiting = new IdentityHashMap<>(8);

    Batch(long number) {
      this.number = number;
    }

    Future<Void> add(String stream, int kind, long count, Context caller) {
      counts.computeIfAbsent(stream, s -> new long[kinds.size()])[kind] += count;
      return waiting.computeIfAbsent(caller, Contexts::promise).future();
    }

    ReactionBatch build() {
      ReactionBatch.Builder batch =
          ReactionBatch.newBuilder()
              .setSource(source)
              .setNumber(number)
              .setAtMs(atMs)
              .setRegion(region);
      counts.forEach(
          (stream, of) -> {
            StreamReactions.Builder added = batch.addStreamsBuilder().setStream(stream);
            for (int kind = 0; kind < of.length; kind++) {
              if (of[kind] > 0) {
                added.putCounts(kinds.get(kind), of[kind]);
              }
            }
          });
      return batch.build();
    }
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
    synchronized (slot) {
      Batch open = slot.open;
      if (open == null) {
        open = new Batch(++slot.number);
        slot.open = open;
        own.runOnContext(v -> vertx.setTimer(WINDOW.toMillis(), t -> flush(slot)));
      }
      Future<Void> answer = open.add(stream, kind, count, caller);
      if (open.counts.size() >= MAX_STREAMS) {
        Batch full = open;
        slot.open = null;
        own.runOnContext(v -> send(full));
      }
      return answer;
    }
  }

  /** A batch begun after a full one may be sent a little early, by the full one's timer. */
  private void flush(PartitionSlot slot) {
    Batch batch;
    synchronized (slot) {
      batch = slot.open;
      slot.open = null;
    }
    if (batch != null) {
      send(batch);
    }
  }

  private void send(Batch batch) {
    Futures.attempt(() -> publish.apply(batch.build()))
        .onComplete(
            id -> batch.waiting.values().forEach(Promise::tryComplete),
            cause -> batch.waiting.values().forEach(promise -> promise.tryFail(cause)));
  }
}
