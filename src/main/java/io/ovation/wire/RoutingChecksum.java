package io.ovation.wire;

import io.ovation.cluster.StableHashes;
import io.ovation.wire.proto.PartitionRoutes;
import java.util.Collection;

/**
 * The number of a partition's streams that are routed to a node, and a hash of their names. Node
 * and owner compare theirs. The order of calls does not matter. Not thread-safe.
 */
public final class RoutingChecksum {
  private int streams;
  private long hash;

  public static RoutingChecksum of(Collection<String> streams) {
    RoutingChecksum sum = new RoutingChecksum();
    streams.forEach(sum::add);
    return sum;
  }

  /** The stream must not have been added. */
  public void add(String stream) {
    streams++;
    hash ^= StableHashes.mix(StableHashes.fnv(stream));
  }

  /** The stream must have been added. */
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
