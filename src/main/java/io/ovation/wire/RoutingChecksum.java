package io.ovation.wire;

import io.ovation.cluster.StableHashes;
import io.ovation.wire.proto.PartitionRoutes;
import java.util.Collection;

/**
 * How many streams of a partition are routed to a node, and a hash of which: equal on both sides
 * unless something got lost between them. The order of calls does not matter. Not thread-safe.
 */
public final class RoutingChecksum {
  private int streams;
  private long hash;

  public static RoutingChecksum of(Collection<String> streams) {
    RoutingChecksum sum = new RoutingChecksum();
    streams.forEach(sum::add);
    return sum;
  }

  /** The stream must not be in it. */
  public void add(String stream) {
    streams++;
    hash ^= StableHashes.mix(StableHashes.fnv(stream));
  }

  /** The stream must be in it. */
  public void remove(String stream) {
    streams--;
    hash ^= StableHashes.mix(StableHashes.fnv(stream));
  }

  public PartitionRoutes of(int partition) {
    return PartitionRoutes.newBuilder()
        .setPartition(partition)
        .setStreams(streams)
        .setHash(hash)
        .build();
  }

  public boolean agrees(PartitionRoutes other) {
    return streams == other.getStreams() && hash == other.getHash();
  }
}
