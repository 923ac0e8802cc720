package io.ovation.dispatch.reactions;

import io.ovation.async.Backoff;
import io.ovation.dispatch.DispatchContext;
import io.ovation.dispatch.PartitionFailureHandler;
import io.ovation.live.proto.ForwardedRow;
import io.ovation.live.proto.ForwardedStates;
import io.ovation.live.proto.StreamPresence;
import io.ovation.live.proto.StreamTotals;
import io.ovation.store.SharedTable.Foreign;
import io.ovation.store.SharedTable.Merged;
import io.ovation.store.StaleEpoch;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes in what other regions' streams are like: totals of reactions, bans and settings into the
 * store, viewers and live status into memory. Each may come any number of times, in any order. All
 * on the dispatcher's context.
 */
final class RemoteStates {
  private static final Logger log = LoggerFactory.getLogger(RemoteStates.class);

  /** Streams in one call of the store, which blocks it for everybody else. */
  private static final int PAGE = 500;

  private static final Backoff BACKOFF =
      new Backoff(Duration.ofMillis(100), 2, Duration.ofSeconds(2), 0);

  private final DispatchContext d;
  private final int partition;
  private final long epoch;
  private final ReactionTotalsCache totals;
  private final BiConsumer<String, StreamPresence> presence;
  private final PartitionFailureHandler guard;
  private boolean closed;

  /**
   * @param presence gets the region and what it says about a stream
   */
  RemoteStates(
      DispatchContext context,
      int partition,
      long epoch,
      ReactionTotalsCache totals,
      BiConsumer<String, StreamPresence> presence,
      PartitionFailureHandler guard) {
    this.d = context;
    this.partition = partition;
    this.epoch = epoch;
    this.totals = totals;
    this.presence = presence;
    this.guard = guard;
  }

  void close() {
    closed = true;
  }

  /** Completes when the store has everything, however long it is away; never fails. */
  Future<Void> take(ForwardedStates states) {
    String region = states.getRegion();
    states.getPresenceList().forEach(one -> presence.accept(region, one));
    Promise<Void> done = Promise.promise();
    store(states, 1, done);
    return done.future();
  }

  private void store(ForwardedStates states, int attempt, Promise<Void> done) {
    Future<Void> stored = Future.succeededFuture();
    List<StreamTotals> all = states.getTotalsList();
    for (int from = 0; from < all.size(); from += PAGE) {
      List<StreamTotals> page = all.subList(from, Math.min(all.size(), from + PAGE));
      stored = stored.compose(v -> merge(states.getRegion(), page));
    }
    for (ForwardedRow row : states.getRowsList()) {
      stored = stored.compose(v -> merge(states.getRegion(), row));
    }
    stored.onComplete(
        guard.wrap(
            answer -> {
              if (closed) {
                return;
              }
              if (answer.succeeded()) {
                done.complete();
              } else if (answer.cause() instanceof StaleEpoch) {
                guard.fail(answer.cause());
              } else {
                d.metrics().reactionRetries.increment();
                d.vertx()
                    .setTimer(
                        BACKOFF.pauseMs(attempt),
                        guard.wrap(
                            t -> {
                              if (!closed) {
                                store(states, attempt + 1, done);
                              }
                            }));
              }
            }));
  }

  private Future<Void> merge(String region, List<StreamTotals> page) {
    Map<String, Map<String, Long>> theirs = new HashMap<>();
    page.forEach(
        one ->
            one.getTotalsMap()
                .forEach(
                    (kind, count) ->
                        theirs
                            .computeIfAbsent(one.getStream(), s -> new HashMap<>())
                            .merge(kind, count, Math::max)));
    if (theirs.isEmpty()) {
      return Future.succeededFuture();
    }
    return d.store()
        .mergeReactions(partition, epoch, region, theirs, d.reactions().ttl())
        .map(
            now -> {
              if (!closed) {
                totals.merged(now);
              }
              return null;
            });
  }

  private Future<Void> merge(String region, ForwardedRow row) {
    Foreign foreign =
        new Foreign(
            region,
            row.getKey(),
            row.getValue(),
            row.getEndsMs(),
            Duration.ofMillis(row.getTtlMs()),
            row.getStamp());
    return d.store()
        .table()
        .merge(d.regions().own(), foreign)
        .map(
            merged -> {
              if (merged == Merged.FULL) {
                log.error(
                    "there are as many bans and settings as can be kept: {} of region {} has no"
                        + " effect here",
                    row.getKey(),
                    region);
              }
              return null;
            });
  }
}
