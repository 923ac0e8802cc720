package io.ovation.bus;

import io.vertx.core.Future;
import java.util.Collection;
import java.util.Map;
import java.util.Set;

/**
 * The distributed map of which nodes have viewers of which stream. It outlives every dispatcher. It
 * is read when a partition changes hands; between, its owner keeps its own routes.
 */
public interface Registrations {

  Future<Void> add(int partition, Collection<String> streams, String node);

  Future<Void> remove(int partition, Collection<String> streams, String node);

  /** The partition's streams, each with the nodes registered for it. */
  Future<Map<String, Set<String>>> read(int partition);

  /** Removes all that the partition holds of nodes other than {@code live}. */
  Future<Void> purge(int partition, Set<String> live);
}
