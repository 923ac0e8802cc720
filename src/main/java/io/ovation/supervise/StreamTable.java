package io.ovation.supervise;

import io.ovation.bus.Cluster;
import io.ovation.bus.Desk;
import io.ovation.bus.Owners;
import io.ovation.bus.Shard;
import io.ovation.bus.proto.State;
import io.ovation.bus.proto.Totals;
import io.ovation.config.Config;
import io.ovation.store.Store;
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
final class StreamTable implements Desk {
  private final Vertx vertx;
  private final Context context;
  private final Config.Supervise config;
  private final Owners owners;
  private final Replayer replayer;
  private final Filler filler;
  private final ViewerCounts counts;
  private final WatchTeller watches;
  private final Audits audits;
  private final Meters meters;
  private final List<Registrar> registrars = new ArrayList<>();
  private final List<Map<String, LiveStream>> streams = new ArrayList<>();

  /** Streams without viewers and when they end, in that order. */
  private final Map<LiveStream, Long> lingering = new LinkedHashMap<>();

  StreamTable(
      Vertx vertx,
      Context context,
      Config.Supervise config,
      Cluster cluster,
      Owners owners,
      WatchTeller watches,
      Store store,
      int replayLimit,
      Meters meters) {
    this.vertx = vertx;
    this.context = context;
    this.config = config;
    this.owners = owners;
    this.meters = meters;
    this.watches = watches;
    this.filler = new Filler(vertx, store, meters);
    this.replayer = new Replayer(vertx, context, store, replayLimit, meters);
    this.counts = new ViewerCounts(vertx, cluster, owners);
    for (int p = 0; p < owners.partitions().count(); p++) {
      streams.add(new HashMap<>());
      registrars.add(new Registrar(vertx, cluster, owners, p, answers(p), meters));
    }
    this.audits =
        new Audits(vertx, cluster, owners, registrars, p -> streams.get(p).keySet(), meters);
  }

  private Registrar.Answers answers(int partition) {
    return new Registrar.Answers() {
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
  public void open(String stream, Shard shard) {
    context.runOnContext(v -> opened(stream, shard));
  }

  private void opened(String name, Shard shard) {
    int partition = owners.partitions().of(name);
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
            shard.refused(
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
              filler.fill(stream, last, () -> {});
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
  public void close(String stream, Shard shard) {
    context.runOnContext(v -> closed(find(stream), shard));
  }

  private void closed(@Nullable LiveStream stream, Shard shard) {
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
  public void count(Shard shard, Map<String, Integer> viewers) {
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
  public void replay(String name, long since, Shard shard, Object viewer) {
    context.runOnContext(
        v -> {
          LiveStream stream = find(name);
          if (stream != null) {
            whenReady(stream, () -> replayer.replay(stream, since, shard, viewer));
          }
        });
  }

  @Override
  public void watching(Shard shard, List<Watching> changes) {
    context.runOnContext(v -> watches.watching(shard, changes));
  }

  WatchTeller watches() {
    return watches;
  }

  @Override
  public long viewers(String stream) {
    return counts.total(stream);
  }

  @Nullable LiveStream find(String name) {
    return streams.get(owners.partitions().of(name)).get(name);
  }

  Filler filler() {
    return filler;
  }

  void told(Totals totals) {
    totals
        .getViewersMap()
        .forEach(
            (stream, total) -> {
              if (find(stream) != null) {
                counts.told(stream, total);
              }
            });
  }

  void audit() {
    audits.run();
  }

  void reportCounts() {
    counts.report();
  }

  void membersChanged() {
    registrars.forEach(Registrar::membersChanged);
    watches.membersChanged();
    counts.ownersChanged(allStreams());
  }

  /** The others may have forgotten this node, or it them. */
  void resync() {
    registrars.forEach(Registrar::resync);
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
    List<Registrar> concerned = new ArrayList<>();
    for (int p = 0; p < registrars.size(); p++) {
      if (!streams.get(p).isEmpty()) {
        concerned.add(registrars.get(p));
      }
    }
    allStreams().forEach(this::end);
    concerned.forEach(Registrar::suspended);
    return Future.join(concerned.stream().map(Registrar::quiet).toList()).mapEmpty();
  }

  private List<LiveStream> allStreams() {
    return streams.stream().flatMap(of -> of.values().stream()).toList();
  }
}
