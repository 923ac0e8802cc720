package io.ovation.supervise;

import io.ovation.cluster.Cluster;
import io.ovation.cluster.PartitionAssignment;
import io.ovation.config.Config;
import io.ovation.stage.StreamSubscriptions;
import io.ovation.stage.ViewerShard;
import io.ovation.store.Store;
import io.ovation.supervise.history.GapFiller;
import io.ovation.supervise.history.Replayer;
import io.ovation.supervise.watch.NodeWatchReporter;
import io.ovation.wire.proto.State;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The node's streams. A stream is here from its first viewer until {@code linger} after its last.
 * Calls of the shards hop to the supervisor's context; everything else is on it already.
 */
final class StreamTable implements StreamSubscriptions {
  private final Vertx vertx;
  private final Context context;
  private final Config.Supervise config;
  private final PartitionAssignment assignment;
  private final Replayer replayer;
  private final GapFiller gapFiller;
  private final ViewerCountReporter counts;
  private final NodeWatchReporter watches;
  private final RouteReconciler reconciler;
  private final SupervisorMetrics meters;
  private final List<RegistrationClient> registrars = new ArrayList<>();
  private final List<Map<String, LiveStream>> streams = new ArrayList<>();

  /** Streams without viewers and when they end, in that order. */
  private final Map<LiveStream, Long> lingering = new LinkedHashMap<>();

  StreamTable(
      Vertx vertx,
      Context context,
      Config.Supervise config,
      Cluster cluster,
      PartitionAssignment assignment,
      NodeWatchReporter watches,
      Store store,
      int replayLimit,
      SupervisorMetrics meters) {
    this.vertx = vertx;
    this.context = context;
    this.config = config;
    this.assignment = assignment;
    this.meters = meters;
    this.watches = watches;
    this.gapFiller = new GapFiller(vertx, store, meters);
    this.replayer = new Replayer(vertx, context, store, replayLimit, meters);
    this.counts = new ViewerCountReporter(vertx, cluster, assignment);
    for (int p = 0; p < assignment.partitions().count(); p++) {
      streams.add(new HashMap<>());
      registrars.add(new RegistrationClient(vertx, cluster, assignment, p, answers(p), meters));
    }
    this.reconciler =
        new RouteReconciler(
            vertx, cluster, assignment, registrars, p -> streams.get(p).keySet(), meters);
  }

  private RegistrationClient.Answers answers(int partition) {
    return new RegistrationClient.Answers() {
      @Override
      public void registered(String stream, long last) {
        StreamTable.this.registered(streams.get(partition).get(stream), last);
      }

      @Override
      public void state(State state) {
        StreamTable.this.state(state);
      }

      @Override
      public Collection<String> all() {
        return streams.get(partition).keySet();
      }
    };
  }

  @Override
  public void subscribe(String stream, ViewerShard shard) {
    context.runOnContext(v -> opened(stream, shard));
  }

  private void opened(String name, ViewerShard shard) {
    int partition = assignment.partitions().of(name);
    LiveStream stream = streams.get(partition).get(name);
    if (stream == null) {
      stream = new LiveStream(name, partition, config.ring());
      streams.get(partition).put(name, stream);
      stream.shards.add(shard);
      registrars.get(partition).add(name);
      LiveStream opening = stream;
      vertx.setTimer(config.openTimeout().toMillis(), t -> giveUp(opening));
      return;
    }
    lingering.remove(stream);
    stream.shards.add(shard);
    if (stream.open()) {
      stream.open(shard);
    }
  }

  private void giveUp(LiveStream stream) {
    if (stream.open() || streams.get(stream.partition).get(stream.name) != stream) {
      return;
    }
    meters.openTimeouts.increment();
    stream.shards.forEach(
        shard ->
            shard.subscribeFailed(
                stream.name,
                "unavailable",
                "stream "
                    + stream.name
                    + " could not be opened: no dispatcher answered in time. Watch again later."));
    end(stream);
  }

  /** The owner routes the stream here and has sent everything up to {@code last} before. */
  private void registered(@Nullable LiveStream stream, long last) {
    if (stream == null) {
      return;
    }
    counts.again(stream);
    if (!stream.open()) {
      stream.openAt(last);
      stream.runWaiting();
    } else if (last > stream.last()) {
      whenReady(
          stream,
          () -> {
            if (last > stream.last()) {
              gapFiller.fill(stream, last, () -> {});
            }
          });
    }
  }

  void state(State state) {
    LiveStream stream = find(state.getStream());
    if (stream != null) {
      if (state.getKind() == State.Kind.VIEWERS) {
        counts.told(state.getStream(), state.getNumber());
      }
      stream.state(state);
    }
  }

  /** Runs the task when no history is being read for the stream; tasks keep their order. */
  void whenReady(LiveStream stream, Runnable task) {
    if (stream.ready() && stream.waiting.isEmpty()) {
      task.run();
    } else {
      stream.waiting.add(() -> whenReady(stream, task));
    }
  }

  @Override
  public void unsubscribe(String stream, ViewerShard shard) {
    context.runOnContext(v -> closed(find(stream), shard));
  }

  private void closed(@Nullable LiveStream stream, ViewerShard shard) {
    if (stream == null) {
      return;
    }
    stream.shards.remove(shard);
    stream.viewers.remove(shard);
    counts.changed(stream);
    if (stream.shards.isEmpty()) {
      lingering.remove(stream);
      lingering.put(stream, System.nanoTime() + config.linger().toNanos());
    }
  }

  /** Ends what has lingered long enough. */
  void sweep() {
    long now = System.nanoTime();
    while (!lingering.isEmpty()) {
      Map.Entry<LiveStream, Long> first = lingering.entrySet().iterator().next();
      if (first.getValue() - now > 0) {
        return;
      }
      end(first.getKey());
    }
  }

  private void end(LiveStream stream) {
    lingering.remove(stream);
    streams.get(stream.partition).remove(stream.name);
    registrars.get(stream.partition).remove(stream.name);
    stream.discardWaiting();
    counts.ended(stream);
  }

  @Override
  public void reportViewers(ViewerShard shard, Map<String, Integer> viewers) {
    Map<String, Integer> changed = Map.copyOf(viewers);
    context.runOnContext(
        v ->
            changed.forEach(
                (name, count) -> {
                  LiveStream stream = find(name);
                  if (stream != null && stream.shards.contains(shard)) {
                    stream.viewers.put(shard, count);
                    counts.changed(stream);
                  }
                }));
  }

  @Override
  public void requestReplay(String name, long since, ViewerShard shard, Object viewer) {
    context.runOnContext(
        v -> {
          LiveStream stream = find(name);
          if (stream != null) {
            whenReady(stream, () -> replayer.replay(stream, since, shard, viewer));
          }
        });
  }

  @Override
  public void reportWatches(ViewerShard shard, List<WatchChange> changes) {
    context.runOnContext(v -> watches.watching(shard, changes));
  }

  NodeWatchReporter watches() {
    return watches;
  }

  @Override
  public long viewers(String stream) {
    return counts.total(stream);
  }

  @Nullable LiveStream find(String name) {
    return streams.get(assignment.partitions().of(name)).get(name);
  }

  GapFiller gapFiller() {
    return gapFiller;
  }

  void audit() {
    reconciler.run();
  }

  void reportCounts() {
    counts.report();
  }

  void membersChanged() {
    registrars.forEach(RegistrationClient::membersChanged);
    watches.membersChanged();
    counts.ownersChanged(allStreams());
  }

  /** The others may have forgotten this node, or it them. */
  void resync() {
    registrars.forEach(RegistrationClient::resync);
    watches.again();
    counts.ownersChanged(allStreams());
  }

  void resync(int partition) {
    registrars.get(partition).resync();
  }

  void suspended(int partition) {
    registrars.get(partition).suspended();
  }

  /** Returning viewers that wait for history. Any thread. */
  int replaying() {
    return replayer.inLine();
  }

  int size() {
    return streams.stream().mapToInt(Map::size).sum();
  }

  /**
   * The node leaves: nobody is here any more. Done when the owners have answered that they send
   * nothing here, so that none waits for an answer of this node later.
   */
  Future<Void> leave() {
    List<RegistrationClient> concerned = new ArrayList<>();
    for (int p = 0; p < registrars.size(); p++) {
      if (!streams.get(p).isEmpty()) {
        concerned.add(registrars.get(p));
      }
    }
    allStreams().forEach(this::end);
    concerned.forEach(RegistrationClient::suspended);
    return Future.join(concerned.stream().map(RegistrationClient::quiet).toList()).mapEmpty();
  }

  private List<LiveStream> allStreams() {
    return streams.stream().flatMap(of -> of.values().stream()).toList();
  }
}
