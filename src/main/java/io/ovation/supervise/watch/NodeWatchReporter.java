package io.ovation.supervise.watch;

import io.ovation.cluster.Cluster;
import io.ovation.cluster.UserOwners;
import io.ovation.stage.StreamSubscriptions.WatchChange;
import io.ovation.stage.ViewerShard;
import io.ovation.supervise.SupervisorMetrics;
import io.ovation.wire.Addresses;
import io.ovation.wire.proto.Watch;
import io.ovation.wire.proto.Watched;
import io.ovation.wire.proto.Watches;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.Message;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Tells the nodes that keep them which of this node's users watch what: one message per node and
 * {@link #EVERY_MS} at most, one unanswered at a time. When the nodes that keep users change, all
 * watches are told again, at the shards' pace. On the supervisor's context.
 */
public final class NodeWatchReporter {
  public static final long EVERY_MS = 100;
  private static final DeliveryOptions TIMEOUT = new DeliveryOptions().setSendTimeout(1_000);

  /** Watches in one message. */
  private static final int BATCH = 2_000;

  /**
   * Watches that may wait to be told; past it they are dropped: their users may watch a second
   * stream until members change. 80 bytes each.
   */
  private static final int WAITING = 200_000;

  /** Views of the cluster differ for a moment when members change. */
  private static final long REFUSED_MS = 300;

  private final Vertx vertx;
  private final Cluster cluster;
  private final UserOwners userOwners;
  private final SupervisorMetrics meters;
  private final Set<ViewerShard> shards = new HashSet<>();

  /** By the node that keeps them; under the empty name while there is none. */
  private final Map<String, Deque<Change>> waiting = new HashMap<>();

  private final Set<String> unanswered = new HashSet<>();
  private List<String> nodes = List.of();
  private int size;

  private record Change(HashedName user, long stream, long connection, long began, boolean ended) {}

  public NodeWatchReporter(
      Vertx vertx, Cluster cluster, UserOwners userOwners, SupervisorMetrics meters) {
    this.vertx = vertx;
    this.cluster = cluster;
    this.userOwners = userOwners;
    this.meters = meters;
  }

  public void watching(ViewerShard shard, List<WatchChange> changes) {
    shards.add(shard);
    for (WatchChange change : changes) {
      String stream = change.stream();
      add(
          new Change(
              HashedName.of(change.user()),
              stream == null ? 0 : HashedName.of(stream).low(),
              change.watch(),
              change.began(),
              stream == null));
    }
  }

  /** These connections' users went elsewhere. */
  public void elsewhere(List<Long> connections) {
    Set<Long> gone = Set.copyOf(connections);
    shards.forEach(shard -> shard.endWatches(gone));
  }

  /** Said again even if only this node's view of the others was broken. */
  public void again() {
    shards.forEach(ViewerShard::resendWatches);
  }

  public void membersChanged() {
    List<String> now = userOwners.nodes();
    if (now.equals(nodes)) {
      return;
    }
    nodes = now;
    List<Change> all = new ArrayList<>(size);
    waiting.values().forEach(all::addAll);
    waiting.clear();
    size = 0;
    all.forEach(this::add);
    again();
  }

  public void tick() {
    for (String node : List.copyOf(waiting.keySet())) {
      if (!node.isEmpty() && !unanswered.contains(node)) {
        send(node);
      }
    }
  }

  private void add(Change change) {
    if (size >= WAITING) {
      meters.watchesDropped.increment();
      return;
    }
    size++;
    queue(change).add(change);
  }

  private Deque<Change> queue(Change change) {
    String keeper = userOwners.of(change.user().low());
    return waiting.computeIfAbsent(keeper == null ? "" : keeper, n -> new ArrayDeque<>());
  }

  private void send(String node) {
    Deque<Change> queue = waiting.getOrDefault(node, new ArrayDeque<>());
    List<Change> batch = new ArrayList<>(Math.min(BATCH, queue.size()));
    for (Iterator<Change> next = queue.iterator(); next.hasNext() && batch.size() < BATCH; ) {
      batch.add(next.next());
      next.remove();
    }
    size -= batch.size();
    if (queue.isEmpty()) {
      waiting.remove(node);
    }
    unanswered.add(node);
    vertx
        .eventBus()
        .<Watched>request(Addresses.supervise(node), message(batch), TIMEOUT)
        .onComplete(
            answer -> {
              unanswered.remove(node);
              if (answer.failed()) {
                backInFront(batch);
              } else {
                refused(batch, answer.result());
              }
            });
  }

  private Watches message(List<Change> batch) {
    long now = System.nanoTime();
    Watches.Builder watches = Watches.newBuilder().setNode(cluster.self()).setSent(now);
    for (Change change : batch) {
      watches.addWatches(
          Watch.newBuilder()
              .setUserHigh(change.user().high())
              .setUserLow(change.user().low())
              .setStream(change.stream())
              .setConnection(change.connection())
              .setAge(now - change.began())
              .setEnded(change.ended()));
    }
    return watches.build();
  }

  /** Before what came meanwhile, for a connection's changes must stay in order. */
  private void backInFront(List<Change> batch) {
    for (int i = batch.size() - 1; i >= 0; i--) {
      if (size < WAITING) {
        size++;
        queue(batch.get(i)).addFirst(batch.get(i));
      } else {
        meters.watchesDropped.increment();
      }
    }
  }

  private void refused(List<Change> batch, Message<Watched> answer) {
    List<Integer> places = answer.body().getRefusedList();
    if (!places.isEmpty()) {
      List<Change> again = places.stream().map(batch::get).toList();
      vertx.setTimer(REFUSED_MS, t -> again.forEach(this::add));
    }
  }
}
