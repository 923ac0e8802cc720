package io.ovation.supervise.watch;

import io.ovation.cluster.UserAssignment;
import io.ovation.stage.StreamSubscriptions.WatchChange;
import io.ovation.stage.ViewerShard;
import io.ovation.supervise.SupervisorContext;
import io.ovation.wire.Addresses;
import io.ovation.wire.proto.Watch;
import io.ovation.wire.proto.Watched;
import io.ovation.wire.proto.Watches;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reports to the nodes that own them which of this node's users watch what: at most one message per
 * node and {@link #EVERY_MS}, one unanswered at a time. When the owning nodes change, the shards
 * report all watches again, at their own pace. Supervisor's context only.
 */
public final class NodeWatchReporter {
  public static final long EVERY_MS = 100;
  private static final long TIMEOUT_MS = 1_000;

  /** Watches in one message. */
  private static final int BATCH = 2_000;

  /**
   * Watches that may wait, of 80 bytes each. More are dropped: their users may watch a second
   * stream until members change.
   */
  private static final int WAITING = 200_000;

  /** Time until a refused watch is sent again: nodes see a change of members at different times. */
  private static final long REFUSED_MS = 300;

  private final SupervisorContext context;
  private final UserAssignment userAssignment;
  private final Set<ViewerShard> shards = new HashSet<>();

  /** By owning node; under the empty name while there is none. */
  private final Map<String, Deque<Change>> waiting = new HashMap<>();

  private final Set<String> unanswered = new HashSet<>();
  private List<String> nodes = List.of();
  private int size;

  private record Change(NameHash user, long stream, long connection, long began, boolean ended) {}

  public NodeWatchReporter(SupervisorContext context, UserAssignment userAssignment) {
    this.context = context;
    this.userAssignment = userAssignment;
  }

  public void watching(ViewerShard shard, List<WatchChange> changes) {
    shards.add(shard);
    for (WatchChange change : changes) {
      String stream = change.stream();
      NameHash user = NameHash.of(change.user());
      long hash = stream == null ? 0 : NameHash.of(stream).low();
      add(new Change(user, hash, change.watch(), change.began(), stream == null), false);
    }
  }

  /** The users of these connections watch another stream now. */
  public void elsewhere(List<Long> connections) {
    Set<Long> numbers = Set.copyOf(connections);
    shards.forEach(shard -> shard.endWatches(numbers));
  }

  /** Has the shards report all watches again. */
  public void reportAgain() {
    shards.forEach(ViewerShard::resendWatches);
  }

  public void membersChanged() {
    List<String> now = userAssignment.nodes();
    if (now.equals(nodes)) {
      return;
    }
    nodes = now;
    List<Deque<Change>> all = List.copyOf(waiting.values());
    waiting.clear();
    size = 0;
    all.forEach(changes -> changes.forEach(change -> add(change, false)));
    reportAgain();
  }

  /** To be called every {@link #EVERY_MS}. */
  public void tick() {
    for (String node : List.copyOf(waiting.keySet())) {
      if (!node.isEmpty() && unanswered.add(node)) {
        send(node, takeBatch(node));
      }
    }
  }

  private void add(Change change, boolean first) {
    if (size >= WAITING) {
      context.meters().watchesDropped.increment();
      return;
    }
    size++;
    String owner = userAssignment.of(change.user().low());
    Deque<Change> queue =
        waiting.computeIfAbsent(owner == null ? "" : owner, n -> new ArrayDeque<>());
    if (first) {
      queue.addFirst(change);
    } else {
      queue.add(change);
    }
  }

  private List<Change> takeBatch(String node) {
    Deque<Change> queue = waiting.getOrDefault(node, new ArrayDeque<>());
    List<Change> batch = new ArrayList<>(Math.min(BATCH, queue.size()));
    while (batch.size() < BATCH && !queue.isEmpty()) {
      batch.add(queue.remove());
    }
    size -= batch.size();
    if (queue.isEmpty()) {
      waiting.remove(node);
    }
    return batch;
  }

  private void send(String node, List<Change> batch) {
    context
        .<Watched>request(Addresses.supervise(node), message(batch), TIMEOUT_MS)
        .onComplete(
            answer -> {
              unanswered.remove(node);
              if (answer.failed()) {
                putBack(batch);
              } else {
                retryLater(answer.result().getRefusedList().stream().map(batch::get).toList());
              }
            });
  }

  private Watches message(List<Change> batch) {
    long now = context.nanoTime().getAsLong();
    Watches.Builder watches = Watches.newBuilder().setNode(context.cluster().self()).setSent(now);
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

  /** In front of later changes, since a connection's changes must stay in order. */
  private void putBack(List<Change> batch) {
    for (int i = batch.size() - 1; i >= 0; i--) {
      add(batch.get(i), true);
    }
  }

  private void retryLater(List<Change> refused) {
    if (!refused.isEmpty()) {
      context.vertx().setTimer(REFUSED_MS, t -> refused.forEach(change -> add(change, false)));
    }
  }
}
