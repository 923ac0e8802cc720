package io.ovation.cluster;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which node keeps what is known of a user: rendezvous hashing over the nodes that have viewers, so
 * that a node that comes or goes moves its own share only. By this node's view of the cluster. Any
 * thread.
 */
public final class UserOwners {
  private final Cluster cluster;
  private volatile List<Node> nodes = List.of();

  private record Node(String id, long hash) {}

  public UserOwners(Cluster cluster) {
    this.cluster = cluster;
    refresh();
    cluster.onChange(this::refresh);
  }

  private synchronized void refresh() {
    nodes =
        cluster.members().stream()
            .filter(member -> member.is(Role.SUPERVISE))
            .map(member -> new Node(member.id(), StableHashes.fnv(member.id())))
            .toList();
  }

  /** The nodes among which users are shared. */
  public List<String> nodes() {
    return nodes.stream().map(Node::id).toList();
  }

  /**
   * Null while no node has viewers.
   *
   * @param user a hash that is spread well
   */
  public @Nullable String of(long user) {
    String best = null;
    long bestScore = 0;
    for (Node node : nodes) {
      long score = StableHashes.mix(user ^ node.hash());
      if (best == null || score > bestScore) {
        best = node.id();
        bestScore = score;
      }
    }
    return best;
  }
}
