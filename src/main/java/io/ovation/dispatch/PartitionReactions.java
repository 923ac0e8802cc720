package io.ovation.dispatch;

import io.ovation.bus.proto.State;
import io.vertx.core.Future;
import java.util.Collection;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * One partition's reactions while this node owns it: what comes, and what viewers are told. All on
 * the dispatcher's context.
 */
final class PartitionReactions {
  private final Dispatcher d;
  private final int partition;
  private final ReactionTotals totals;
  private @Nullable ReactionFlow flow;

  /**
   * @param watched whether anybody watches a stream
   * @param post tells its viewers
   */
  PartitionReactions(
      Dispatcher dispatcher, int partition, Predicate<String> watched, Consumer<State> post) {
    this.d = dispatcher;
    this.partition = partition;
    this.totals = new ReactionTotals(d.vertx(), d.store(), partition, watched, post);
  }

  /** Begins to consume; {@code stale} is called when a newer owner has come. */
  void open(long epoch, Runnable stale) {
    flow =
        new ReactionFlow(
            d.vertx(),
            d.store(),
            partition,
            epoch,
            d.reactions().window(),
            d.reactions().ttl(),
            new ReactionReader(d.partitions(), partition),
            totals,
            d.meters(),
            stale);
    flow.open(d.broker());
  }

  Future<Void> close() {
    totals.close();
    return flow == null ? Future.succeededFuture() : flow.close();
  }

  /** These streams have viewers, of whom nobody knows the totals yet. */
  void opened(Collection<String> streams) {
    totals.opened(streams);
  }

  /** A stream's totals; fails when only the store knows them and it does not answer. */
  Future<Map<String, Long>> of(String stream) {
    return totals.of(stream);
  }
}
