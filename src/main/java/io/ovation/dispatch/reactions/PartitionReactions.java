package io.ovation.dispatch.reactions;

import io.ovation.dispatch.DispatchContext;
import io.ovation.wire.proto.StateUpdate;
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
public final class PartitionReactions {
  private final DispatchContext d;
  private final int partition;
  private final ReactionTotals totals;
  private @Nullable ReactionPipeline flow;

  /**
   * @param watched whether anybody watches a stream
   * @param post tells its viewers
   */
  public PartitionReactions(
      DispatchContext context,
      int partition,
      Predicate<String> watched,
      Consumer<StateUpdate> post) {
    this.d = context;
    this.partition = partition;
    this.totals = new ReactionTotals(d.vertx(), d.store(), partition, watched, post);
  }

  /** Begins to consume; {@code stale} is called when a newer owner has come. */
  public void open(long epoch, Runnable stale) {
    flow =
        new ReactionPipeline(
            d.vertx(),
            d.store(),
            partition,
            epoch,
            d.reactions().window(),
            d.reactions().ttl(),
            new ReactionDecoder(d.partitions(), partition),
            totals,
            d.meters(),
            stale);
    flow.open(d.broker());
  }

  public Future<Void> close() {
    totals.close();
    return flow == null ? Future.succeededFuture() : flow.close();
  }

  /** These streams have viewers, of whom nobody knows the totals yet. */
  public void opened(Collection<String> streams) {
    totals.opened(streams);
  }

  /** A stream's totals; fails when only the store knows them and it does not answer. */
  public Future<Map<String, Long>> of(String stream) {
    return totals.of(stream);
  }
}
