package io.ovation.supervise;

import io.ovation.config.Config;
import io.ovation.stage.ViewerShard;
import io.ovation.supervise.history.GapFiller;
import io.ovation.wire.proto.StateUpdate;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The node's streams. A stream exists from its first viewer until {@code linger} after its last,
 * and is registered with its partition's owner as long as it exists. Supervisor's context only.
 */
final class LocalStreams {
  /** Streams in one answer, of some 40 bytes each. */
  private static final int ACTIVE = 10_000;

  /** Streams whose retained events are read again at a sweep, after a failure. */
  private static final int RELOADED = 100;

  private final SupervisorContext context;
  private final Config.Supervise config;
  private final GapFiller gapFiller;
  private final ViewerCountReporter counts;
  private final RouteReconciler reconciler;
  private Consumer<LocalStream> onOpening = stream -> {};
  private final List<RegistrationClient> registrations = new ArrayList<>();
  private final List<Map<String, LocalStream>> streams = new ArrayList<>();

  /** Streams without viewers and when they end, in that order. */
  private final Map<LocalStream, Long> lingering = new LinkedHashMap<>();

  LocalStreams(
      SupervisorContext context,
      Config.Supervise config,
      GapFiller gapFiller,
      ViewerCountReporter counts) {
    this.context = context;
    this.config = config;
    this.gapFiller = gapFiller;
    this.counts = counts;
    for (int p = 0; p < context.assignment().partitions().count(); p++) {
      streams.add(new HashMap<>());
      registrations.add(new RegistrationClient(context, p, registered(p)));
    }
    this.reconciler = new RouteReconciler(context, registrations, p -> streams.get(p).keySet());
  }

  private RegistrationClient.Streams registered(int partition) {
    return new RegistrationClient.Streams() {
      @Override
      public Collection<String> names() {
        return streams.get(partition).keySet();
      }

      @Override
      public void registered(String stream, long last) {
        LocalStreams.this.registered(streams.get(partition).get(stream), last);
      }

      @Override
      public void state(StateUpdate state) {
        LocalStreams.this.state(state);
      }
    };
  }

  /**
   * @param task gives a stream that is being opened its states
   */
  void onOpening(Consumer<LocalStream> task) {
    onOpening = task;
  }

  void open(String name, ViewerShard shard) {
    int partition = context.assignment().partitions().of(name);
    LocalStream stream = streams.get(partition).get(name);
    if (stream == null) {
      LocalStream opening =
          new LocalStream(
              name, partition, config.ring(), context.nanoTime(), context.meters().recentIds);
      onOpening.accept(opening);
      opening.shards.add(shard);
      streams.get(partition).put(name, opening);
      registrations.get(partition).add(name);
      context.vertx().setTimer(config.openTimeout().toMillis(), t -> openTimedOut(opening));
      return;
    }
    lingering.remove(stream);
    stream.shards.add(shard);
    if (stream.open()) {
      stream.open(shard);
    }
  }

  private void openTimedOut(LocalStream stream) {
    if (stream.open()) {
      return;
    }
    context.meters().openTimeouts.increment();
    String detail =
        "stream "
            + stream.name
            + " could not be opened: no dispatcher answered in time. Watch again later.";
    stream.shards.forEach(shard -> shard.subscribeFailed(stream.name, "unavailable", detail));
    end(stream);
  }

  private void registered(@Nullable LocalStream stream, long last) {
    if (stream == null) {
      return;
    }
    counts.reportAgain(stream);
    if (!stream.open()) {
      stream.openAt(last);
      gapFiller.loadRetained(stream);
    } else if (last > stream.last()) {
      stream.whenReady(
          () -> {
            if (last > stream.last() && !stream.ended()) {
              gapFiller.fill(stream, last, () -> {});
            }
          });
    }
  }

  void state(StateUpdate state) {
    LocalStream stream = find(state.getStream());
    if (stream != null) {
      if (state.getKind() == StateUpdate.Kind.VIEWERS) {
        counts.setTotal(state.getStream(), state.getNumber());
      }
      stream.state(state);
    }
  }

  void close(String name, ViewerShard shard) {
    LocalStream stream = find(name);
    if (stream == null) {
      return;
    }
    stream.shards.remove(shard);
    stream.viewers.remove(shard);
    counts.changed(stream);
    if (stream.shards.isEmpty()) {
      lingering.remove(stream);
      lingering.put(stream, context.nanoTime().getAsLong() + config.linger().toNanos());
    }
  }

  void count(String name, ViewerShard shard, int viewers) {
    LocalStream stream = find(name);
    if (stream != null && stream.shards.contains(shard)) {
      stream.viewers.put(shard, viewers);
      counts.changed(stream);
    }
  }

  /**
   * Ends the streams that have lingered for the configured time, and what they retain in its time.
   * Reads again what could not be read.
   */
  void sweep() {
    long now = context.nanoTime().getAsLong();
    List<LocalStream> over =
        lingering.entrySet().stream()
            .takeWhile(stream -> stream.getValue() - now <= 0)
            .map(Map.Entry::getKey)
            .toList();
    over.forEach(this::end);
    streams.forEach(of -> of.values().forEach(stream -> stream.retained.expire()));
    streams.stream()
        .flatMap(of -> of.values().stream())
        .filter(LocalStream::retainedUnread)
        .limit(RELOADED)
        .forEach(gapFiller::loadRetained);
  }

  private void end(LocalStream stream) {
    lingering.remove(stream);
    streams.get(stream.partition).remove(stream.name);
    registrations.get(stream.partition).remove(stream.name);
    stream.end();
    counts.ended(stream);
  }

  @Nullable LocalStream find(String name) {
    return streams.get(context.assignment().partitions().of(name)).get(name);
  }

  /** The last offsets of the partition's streams that have had events here, bounded. */
  Map<String, Long> active(int partition) {
    return streams.get(partition).values().stream()
        .filter(stream -> !stream.recentEvents.isEmpty())
        .limit(ACTIVE)
        .collect(Collectors.toMap(stream -> stream.name, LocalStream::last));
  }

  int size() {
    return streams.stream().mapToInt(Map::size).sum();
  }

  void reconcile() {
    reconciler.run();
  }

  void membersChanged() {
    registrations.forEach(RegistrationClient::membersChanged);
    counts.ownersChanged(allStreams());
  }

  /** Other nodes may have dropped what they knew of this node. */
  void resync() {
    registrations.forEach(RegistrationClient::resync);
    counts.ownersChanged(allStreams());
  }

  /** The partition's highest epoch that this node has heard of. */
  long epoch(int partition) {
    return registrations.get(partition).epoch();
  }

  void epoch(int partition, long heardOf) {
    registrations.get(partition).epoch(heardOf);
  }

  void resync(int partition) {
    registrations.get(partition).resync();
  }

  /** The partition's owner waits for the list of all streams. */
  void registerAll(int partition) {
    registrations.get(partition).registerAll();
  }

  /**
   * Ends all streams. Completes when the owners have confirmed that they send nothing to this node,
   * so that none of them waits for its answer after it has left.
   */
  Future<Void> leave() {
    List<RegistrationClient> concerned = new ArrayList<>();
    for (int p = 0; p < registrations.size(); p++) {
      if (!streams.get(p).isEmpty()) {
        concerned.add(registrations.get(p));
      }
    }
    allStreams().forEach(this::end);
    concerned.forEach(RegistrationClient::registerAll);
    return Future.join(concerned.stream().map(RegistrationClient::whenIdle).toList()).mapEmpty();
  }

  private List<LocalStream> allStreams() {
    return streams.stream().flatMap(of -> of.values().stream()).toList();
  }
}
