package io.ovation.bus;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.multimap.MultiMap;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * One multimap per partition, {@code ovation.registrations.<partition>}: stream → nodes. A new
 * owner reads its partition's map whole, so nobody ever walks all streams.
 */
final class HazelcastRegistrations implements Registrations {
  private final Vertx vertx;
  private final HazelcastInstance hazelcast;

  HazelcastRegistrations(Vertx vertx, HazelcastInstance hazelcast) {
    this.vertx = vertx;
    this.hazelcast = hazelcast;
  }

  private MultiMap<String, String> map(int partition) {
    return hazelcast.getMultiMap("ovation.registrations." + partition);
  }

  @Override
  public Future<Void> add(int partition, Collection<String> streams, String node) {
    Map<String, Collection<? extends String>> entries = new HashMap<>();
    streams.forEach(stream -> entries.put(stream, List.of(node)));
    Context context = vertx.getOrCreateContext();
    // Throws at once, instead of failing later, while the cluster merges.
    return context
        .executeBlocking(() -> map(partition).putAllAsync(entries), false)
        .compose(stage -> Future.fromCompletionStage(stage, context));
  }

  @Override
  public Future<Void> remove(int partition, Collection<String> streams, String node) {
    List<String> names = List.copyOf(streams);
    return vertx.executeBlocking(
        () -> {
          names.forEach(stream -> map(partition).remove(stream, node));
          return null;
        },
        false);
  }

  @Override
  public Future<Map<String, Set<String>>> read(int partition) {
    return vertx.executeBlocking(
        () -> {
          Map<String, Set<String>> streams = new HashMap<>();
          for (Map.Entry<String, String> entry : map(partition).entrySet()) {
            streams.computeIfAbsent(entry.getKey(), s -> new HashSet<>()).add(entry.getValue());
          }
          return streams;
        },
        false);
  }

  @Override
  public Future<Void> purge(int partition, Set<String> live) {
    return vertx.executeBlocking(
        () -> {
          for (Map.Entry<String, String> entry : map(partition).entrySet()) {
            if (!live.contains(entry.getValue())) {
              map(partition).remove(entry.getKey(), entry.getValue());
            }
          }
          return null;
        },
        false);
  }
}
