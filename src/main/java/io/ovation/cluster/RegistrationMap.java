package io.ovation.cluster;

import io.vertx.core.Future;
import java.util.Collection;
import java.util.Map;
import java.util.Set;

/**
 * The distributed map of the nodes that have viewers of each stream. It outlives every dispatcher.
 * It is read when a partition changes hands; otherwise the partition's owner uses its own routes.
 *
 * <p>Every call ends within {@value #LIMIT_MS} ms, because the map may not answer for minutes while
 * a cluster splits or merges, and viewers must not wait for that. A call that failed may still take
 * effect. The node repeats what was not written, and resends its streams to a new owner that could
 * not read them.
 */
public interface RegistrationMap {
  /** Well below {@code supervise.open_timeout}, for which a viewer waits. */
  long LIMIT_MS = 2_000;

  Future<Void> add(int partition, Collection<String> streams, String node);

  Future<Void> remove(int partition, Collection<String> streams, String node);

  /**
   * The partition's streams, each with those of the {@code live} nodes that are registered for it.
   * Registrations of other nodes are removed for good.
   */
  Future<Map<String, Set<String>>> read(int partition, Set<String> live);
}
