package io.ovation.bus;

import io.ovation.queue.Partitions;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Which dispatcher owns which partition, by this node's view of the cluster. Any thread. */
public final class Owners {
  private final Cluster cluster;
  private final Partitions partitions;
  private volatile List<String> owners = List.of();

  public Owners(Cluster cluster, Partitions partitions) {
    this.cluster = cluster;
    this.partitions = partitions;
    refresh();
    cluster.onChange(this::refresh);
  }

  private synchronized void refresh() {
    List<String> dispatchers =
        cluster.members().stream()
            .filter(m -> m.is(Role.DISPATCH))
            .map(Cluster.Member::id)
            .toList();
    owners = Ownership.assign(dispatchers, partitions.count());
  }

  public Partitions partitions() {
    return partitions;
  }

  /** The partition's owner, or null while there is no dispatcher. */
  public @Nullable String of(int partition) {
    List<String> now = owners;
    return now.isEmpty() ? null : now.get(partition);
  }
}
