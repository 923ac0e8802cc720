package io.ovation.cluster;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Shares partitions among dispatchers by rendezvous hashing with a quota: each partition goes to
 * the node with the highest score for it that still has room, and every node gets {@code
 * floor(N/D)} or one more. Every member computes the same from the same list.
 */
final class PartitionAssignor {
  private PartitionAssignor() {}

  /**
   * @param nodes dispatchers' ids, in any order
   * @return the owner of each partition; empty if there is no dispatcher
   */
  static List<String> assign(List<String> nodes, int partitions) {
    if (nodes.isEmpty()) {
      return List.of();
    }
    List<String> sorted = nodes.stream().sorted().toList();
    int floor = partitions / sorted.size();
    int extras = partitions % sorted.size();
    Map<String, Integer> load = new HashMap<>();
    String[] owners = new String[partitions];
    for (int p = 0; p < partitions; p++) {
      String best = sorted.get(0);
      long bestScore = Long.MIN_VALUE;
      boolean found = false;
      for (String node : sorted) {
        int has = load.getOrDefault(node, 0);
        boolean room = has < floor || (has == floor && extras > 0);
        long score = score(node, p);
        if (room && (!found || score > bestScore)) {
          best = node;
          bestScore = score;
          found = true;
        }
      }
      owners[p] = best;
      if (load.merge(best, 1, Integer::sum) > floor) {
        extras--;
      }
    }
    return List.of(owners);
  }

  private static long score(String node, int partition) {
    return StableHashes.mix(StableHashes.fnv(node) + 0x9e3779b97f4a7c15L * (partition + 1));
  }
}
