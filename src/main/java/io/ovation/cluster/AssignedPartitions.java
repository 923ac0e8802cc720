package io.ovation.cluster;

import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * This node's share of a role's partitions. It follows the cluster's members at once and without
 * agreement among them; since an event can be lost, it is also computed once a second.
 */
public final class AssignedPartitions {
  private static final long CHECK_MS = 1_000;

  private final Cluster cluster;
  private final PartitionAssignment assignment;
  private volatile Set<Integer> held = Set.of();
  private boolean closed;

  public AssignedPartitions(Cluster cluster, PartitionAssignment assignment) {
    this.cluster = cluster;
    this.assignment = assignment;
  }

  /** The partitions that are this node's now, by its own view of the cluster. Any thread. */
  public Set<Integer> assigned() {
    return IntStream.range(0, assignment.partitions().count())
        .filter(p -> cluster.self().equals(assignment.of(p)))
        .boxed()
        .collect(Collectors.toUnmodifiableSet());
  }

  /** What the last call of {@link #follow}'s handler was given, at first nothing. Any thread. */
  public Set<Integer> held() {
    return held;
  }

  /** Calls {@code onChange} with the share, on the caller's context, now and when it changes. */
  public void follow(Vertx vertx, Consumer<Set<Integer>> onChange) {
    Context context = vertx.getOrCreateContext();
    Runnable check = () -> check(onChange);
    cluster.onChange(() -> context.runOnContext(v -> check.run()));
    cluster.onMerge(() -> context.runOnContext(v -> check.run()));
    vertx.setPeriodic(CHECK_MS, t -> check.run());
    check.run();
  }

  private void check(Consumer<Set<Integer>> onChange) {
    Set<Integer> now = assigned();
    if (!closed && !now.equals(held)) {
      held = now;
      onChange.accept(now);
    }
  }

  /** Ends the calls. On the context that follows the share. */
  public void close() {
    closed = true;
  }
}
