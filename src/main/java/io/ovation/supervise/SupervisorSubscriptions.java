package io.ovation.supervise;

import io.ovation.cluster.PartitionAssignment;
import io.ovation.stage.StreamSubscriptions;
import io.ovation.stage.ViewerShard;
import io.ovation.supervise.history.Replayer;
import io.ovation.supervise.watch.NodeWatchReporter;
import io.vertx.core.Context;
import java.util.List;
import java.util.Map;

/** Takes the shards' requests from their event loops to the supervisor's context. */
record SupervisorSubscriptions(
    Context context,
    LocalStreams table,
    ViewerCountReporter counts,
    Replayer replayer,
    NodeWatchReporter watches,
    PartitionAssignment assignment)
    implements StreamSubscriptions {

  @Override
  public void subscribe(String stream, ViewerShard shard) {
    context.runOnContext(v -> table.open(stream, shard));
  }

  @Override
  public boolean mustWait(String stream) {
    return assignment.of(assignment.partitions().of(stream)) == null;
  }

  @Override
  public void unsubscribe(String stream, ViewerShard shard) {
    context.runOnContext(v -> table.close(stream, shard));
  }

  @Override
  public void reportViewers(ViewerShard shard, Map<String, Integer> viewers) {
    Map<String, Integer> changed = Map.copyOf(viewers);
    context.runOnContext(
        v -> changed.forEach((stream, count) -> table.count(stream, shard, count)));
  }

  @Override
  public void requestReplay(String name, long since, ViewerShard shard, Object viewer) {
    context.runOnContext(
        v -> {
          LocalStream stream = table.find(name);
          if (stream != null) {
            stream.whenReady(
                () -> {
                  if (!stream.ended()) {
                    replayer.replay(stream, since, shard, viewer);
                  }
                });
          }
        });
  }

  @Override
  public void requestRecent(String name, long at, int count, ViewerShard shard, Object viewer) {
    context.runOnContext(
        v -> {
          LocalStream stream = table.find(name);
          if (stream != null) {
            stream.whenReady(
                () -> {
                  if (!stream.ended()) {
                    replayer.recent(stream, at, count, shard, viewer);
                  }
                });
          }
        });
  }

  @Override
  public void reportWatches(ViewerShard shard, List<WatchChange> changes) {
    context.runOnContext(v -> watches.watching(shard, changes));
  }

  @Override
  public long viewers(String stream) {
    return counts.total(stream);
  }
}
