package io.ovation.cluster;

import io.vertx.core.Future;
import java.util.Collection;
import java.util.Map;
import java.util.Set;

/**
 * The distributed map of which nodes have viewers of which stream. It outlives every dispatcher. It
 * is read when a partition changes hands; between, its owner keeps its own routes.
 *
 * <p>Every call ends within {@value #LIMIT_MS} ms: while a cluster splits or merges the map may not
 * answer for minutes, and viewers must not wait for that. What was not written then is repeated by
 * its node, and a new owner that could not know it is told by the nodes themselves.
 */
public interface Registrations {
  /** Well below the time that a viewer waits for its stream to open. */
  long LIMIT_MS = 2_000;

  Future<Void> add(int partition, Collection<String> streams, String node);

  Future<Void> remove(int partition, Collection<String> streams, String node);

  /**
   * The partition's streams, each with the nodes of {@code live} registered for it. What other
   * nodes had registered is removed, for good.
   */
  Future<Map<String, Set<String>>> read(int partition, Set<String> live);
}
