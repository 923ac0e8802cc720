package io.ovation.cluster;

import io.ovation.queue.Partitions;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which node of a role owns which partition, by this node's view of the cluster: dispatchers share
 * the streams' partitions, package workers those of the packages. Any thread.
 */
public final class PartitionAssignment {
  private final Cluster cluster;
  private final Partitions partitions;
  private final Role role;
  private volatile List<String> assignment = List.of();

  /** Of the dispatchers. */
  public PartitionAssignment(Cluster cluster, Partitions partitions) {
    this(cluster, partitions, Role.DISPATCH);
  }

  public PartitionAssignment(Cluster cluster, Partitions partitions, Role role) {
    this.cluster = cluster;
    this.partitions = partitions;
    this.role = role;
    refresh();
    cluster.onChange(this::refresh);
  }

  private synchronized void refresh() {
    List<String> nodes =
        cluster.members().stream().filter(m -> m.is(role)).map(Cluster.Member::id).toList();
    assignment = PartitionAssignor.assign(nodes, partitions.count());
  }

  public Partitions partitions() {
    return partitions;
  }

  /** The partition's owner, or null while no node has the role. */
  public @Nullable String of(int partition) {
    List<String> now = assignment;
    return now.isEmpty() ? null : now.get(partition);
  }
}
