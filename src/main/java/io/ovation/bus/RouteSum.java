package io.ovation.bus;

import io.ovation.bus.proto.PartitionRoutes;
import java.util.Collection;

/**
 * How many streams of a partition are routed to a node, and a hash of which: equal on both sides
 * unless something got lost between them. The order of calls does not matter. Not thread-safe.
 */
public final class RouteSum {
  private int streams;
  private long hash;

  public static RouteSum of(Collection<String> streams) {
    RouteSum sum = new RouteSum();
    streams.forEach(sum::add);
    return sum;
  }

  /** The stream must not be in it. */
  public void add(String stream) {
    streams++;
    hash ^= Hashes.mix(Hashes.fnv(stream));
  }

  /** The stream must be in it. */
  public void remove(String stream) {
    streams--;
    hash ^= Hashes.mix(Hashes.fnv(stream));
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
