package io.ovation.cluster;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which node keeps the state of a user: rendezvous hashing over the nodes that serve viewers, so
 * that a node that joins or leaves moves only its own share. By this node's view of the cluster.
 * Any thread.
 */
public final class UserAssignment {
  private final Cluster cluster;
  private volatile List<Node> nodes = List.of();

  private record Node(String id, long hash) {}

  public UserAssignment(Cluster cluster) {
    this.cluster = cluster;
    refresh();
    cluster.onChange(this::refresh);
  }

  private synchronized void refresh() {
    nodes =
        cluster.nodes(Role.SUPERVISE).stream()
            .map(id -> new Node(id, StableHashes.fnv(id)))
            .toList();
  }

  /** The nodes that share the users. */
  public List<String> nodes() {
    return nodes.stream().map(Node::id).toList();
  }

  /**
   * The owner of a user; null while no node serves viewers.
   *
   * @param user a well-distributed hash
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
