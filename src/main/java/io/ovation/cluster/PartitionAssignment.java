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
  private volatile List<String> owners = List.of();

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
    owners = assign(cluster.nodes(role), partitions.count());
  }

  public Partitions partitions() {
    return partitions;
  }

  /** The partition's owner, or null while no node has the role. */
  public @Nullable String of(int partition) {
    List<String> now = owners;
    return now.isEmpty() ? null : now.get(partition);
  }

  /**
   * Rendezvous hashing with a quota: each partition goes to the node with the highest score for it
   * that has room, and every node gets {@code floor(partitions / nodes)} or one more. Every member
   * computes the same from the same nodes.
   *
   * @param nodes ids, in any order
   * @return the owner of each partition; empty without nodes
   */
  static List<String> assign(List<String> nodes, int partitions) {
    if (nodes.isEmpty()) {
      return List.of();
    }
    List<String> sorted = nodes.stream().sorted().toList();
    long[] hashes = sorted.stream().mapToLong(StableHashes::fnv).toArray();
    int floor = partitions / sorted.size();
    int extras = partitions % sorted.size();
    int[] load = new int[sorted.size()];
    String[] owners = new String[partitions];
    for (int p = 0; p < partitions; p++) {
      int best = -1;
      long bestScore = 0;
      for (int n = 0; n < load.length; n++) {
        boolean room = load[n] < floor || (load[n] == floor && extras > 0);
        long score = StableHashes.mix(hashes[n] + 0x9e3779b97f4a7c15L * (p + 1));
        if (room && (best < 0 || score > bestScore)) {
          best = n;
          bestScore = score;
        }
      }
      owners[p] = sorted.get(best);
      if (++load[best] > floor) {
        extras--;
      }
    }
    return List.of(owners);
  }
}
