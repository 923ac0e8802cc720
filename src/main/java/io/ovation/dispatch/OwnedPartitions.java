package io.ovation.dispatch;

import io.ovation.async.Backoff;
import io.ovation.cluster.Cluster;
import io.ovation.cluster.Role;
import io.ovation.dispatch.comments.FailingItem;
import io.ovation.store.StaleEpoch;
import io.ovation.wire.proto.PartitionsReport;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The partitions that this dispatcher owns, or is taking: opens those assigned to it, closes the
 * others, takes failed ones again after a growing pause, and releases all when the node may have
 * been replaced. All on the dispatcher's context.
 */
final class OwnedPartitions {
  private static final Logger log = LoggerFactory.getLogger(OwnedPartitions.class);

  /** Grows, so that two owners that do not see each other do not fence one another in a loop. */
  private static final Backoff RETAKE =
      new Backoff(Duration.ofMillis(500), 2, Duration.ofSeconds(8), 0);

  /** A partition that was held this long is not contended: the pause starts over. */
  private static final long HELD_MS = 20_000;

  private final DispatchContext d;
  private final Supplier<Set<Integer>> assigned;
  private final SplitBrainGuard splitBrainGuard;
  private final Map<Integer, PartitionOwner> owners = new HashMap<>();
  private final Map<Integer, Failure> failures = new HashMap<>();
  private final Map<Integer, FailingItem> failing = new HashMap<>();
  private final AtomicLongArray lagMs;

  /** As it was last applied. */
  private Set<Integer> share = Set.of();

  /** The members' ids at the last change. */
  private Set<String> known = Set.of();

  private volatile int owning;
  private boolean stopping;

  /** The node was frozen. The others have its partitions until it is among them again. */
  private boolean roleWithdrawn;

  /**
   * @param epoch the highest epoch of the partition that a node has reported
   * @param why for operators
   */
  private record Failure(long atMs, int inARow, long epoch, String why) {
    Failure forgiven() {
      return new Failure(atMs, 0, epoch, why);
    }
  }

  /**
   * @param assigned this node's share, by its own view of the cluster
   */
  OwnedPartitions(DispatchContext context, Supplier<Set<Integer>> assigned) {
    this.d = context;
    this.assigned = assigned;
    this.lagMs = new AtomicLongArray(d.partitions().count());
    this.splitBrainGuard = new SplitBrainGuard(d.monotonicMillis(), d.cluster().members().size());
  }

  @Nullable PartitionOwner get(int partition) {
    return owners.get(partition);
  }

  Collection<PartitionOwner> all() {
    return owners.values();
  }

  Set<Integer> partitions() {
    return Set.copyOf(owners.keySet());
  }

  /** How the partitions fare that this dispatcher owns or takes. */
  PartitionsReport report(int busiest) {
    long now = d.monotonicMillis().getAsLong();
    PartitionsReport.Builder report = PartitionsReport.newBuilder();
    owners.forEach(
        (partition, owner) -> {
          Failure failure = failures.get(partition);
          String error =
              failure == null
                  ? ""
                  : failure.why() + " (%d s ago)".formatted((now - failure.atMs()) / 1_000);
          report.addPartitions(owner.status(busiest).setLastError(error));
        });
    return report.putAllArrivedBefore(d.metrics().arrivedBefore()).build();
  }

  /** {@link PartitionOwner#lagMs} as of the last tick; 0 if it is not owned here. Any thread. */
  long lagMs(int partition) {
    return lagMs.get(partition);
  }

  /** How many are owned, not only being taken, as of the last change or tick. Any thread. */
  int owning() {
    return owning;
  }

  /** Releases what is not assigned to this node; takes what is, unless it may be cut off. */
  void applyShare() {
    if (stopping) {
      return;
    }
    Set<Integer> ours = assigned.get();
    partitions().stream().filter(p -> !ours.contains(p)).forEach(this::release);
    if (splitBrainGuard.allowsOwnership()) {
      ours.stream().filter(p -> !owners.containsKey(p)).forEach(this::take);
      logShare(ours);
    }
    owning = (int) all().stream().filter(o -> o.state() == PartitionOwner.State.OWNING).count();
  }

  /** A failed partition that is taken again is no change. */
  private void logShare(Set<Integer> ours) {
    Set<Integer> before = share;
    share = Set.copyOf(ours);
    int count = d.partitions().count();
    logChange("took", ours, before, count);
    logChange("released", before, ours, count);
  }

  private static void logChange(String did, Set<Integer> these, Set<Integer> but, int count) {
    String change =
        these.stream()
            .filter(partition -> !but.contains(partition))
            .sorted()
            .map(String::valueOf)
            .collect(Collectors.joining(", "));
    if (!change.isEmpty()) {
      log.info("{} partitions {} (of {})", did, change, count);
    }
  }

  void membersChanged() {
    List<Cluster.Member> members = d.cluster().members();
    splitBrainGuard.membersChanged(members.size());
    Set<String> live = members.stream().map(Cluster.Member::id).collect(Collectors.toSet());
    all().forEach(owner -> owner.membersChanged(live));
    if (!known.containsAll(live)) {
      // Owners that did not see each other have met: none waits for the other to give up.
      failures.replaceAll((partition, failure) -> failure.forgiven());
      owners.values().removeIf(owner -> owner.state() == PartitionOwner.State.FAILED);
    }
    known = live;
    applyShare();
  }

  /** This node came back into a cluster that had dropped it. */
  void merged() {
    splitBrainGuard.merged();
    applyShare();
  }

  /** To be called about once a second. */
  void tick() {
    if (splitBrainGuard.tick()) {
      log.warn("this node was frozen: it releases its partitions until it is in the cluster again");
      partitions().forEach(this::release);
      share = Set.of();
      roleWithdrawn = true;
      logFailure(d.cluster().withdrawRole(Role.DISPATCH));
    } else if (roleWithdrawn && !stopping && splitBrainGuard.allowsOwnership()) {
      roleWithdrawn = false;
      logFailure(d.cluster().announceRole(Role.DISPATCH));
    }
    all().forEach(PartitionOwner::tick);
    for (int partition = 0; partition < lagMs.length(); partition++) {
      PartitionOwner owner = owners.get(partition);
      lagMs.set(partition, owner == null ? 0 : owner.lagMs());
    }
    applyShare();
  }

  /** Not retried here: the cluster repairs its members' roles. */
  private static void logFailure(Future<Void> roleChange) {
    roleChange.onFailure(e -> log.warn("the other nodes were not sent this node's roles", e));
  }

  /** Takes no more partitions. Those that are held are kept until {@link #close}. */
  void stopTaking() {
    stopping = true;
  }

  /** Completes when all channels have closed. */
  Future<?> close() {
    List<Future<?>> closing = new ArrayList<>();
    all().forEach(owner -> closing.add(owner.close()));
    owners.clear();
    return Future.join(closing);
  }

  private void take(int partition) {
    Failure before = failures.get(partition);
    // A store that lost its data does not know the epoch that the nodes know.
    long atLeast = before == null ? 1 : before.epoch() + 1;
    FailingItem known = failing.computeIfAbsent(partition, p -> new FailingItem());
    PartitionOwner owner =
        new PartitionOwner(d, partition, atLeast, known, cause -> failed(partition, cause));
    owners.put(partition, owner);
    owner.open();
  }

  private void failed(int partition, Throwable cause) {
    long now = d.monotonicMillis().getAsLong();
    Failure before = failures.get(partition);
    int inARow = before != null && now - before.atMs() <= HELD_MS ? before.inARow() + 1 : 1;
    long current = cause instanceof StaleEpoch stale ? stale.current() : 0;
    long known = before == null ? 0 : before.epoch();
    failures.put(
        partition,
        new Failure(now, inARow, Math.max(known, current), String.valueOf(cause.getMessage())));
    PartitionOwner owner = owners.get(partition);
    d.vertx()
        .setTimer(
            RETAKE.pauseMs(inARow),
            t -> {
              if (owner != null && owners.remove(partition, owner)) {
                applyShare();
              }
            });
  }

  private void release(int partition) {
    PartitionOwner owner = owners.remove(partition);
    if (owner != null) {
      owner
          .close()
          .onFailure(e -> log.warn("a channel of partition {} did not close", partition, e));
    }
  }
}
