package io.ovation.cluster;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.map.IMap;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * One map per partition, {@code ovation.registrations.<partition>}, with a key {@code stream node}
 * for each registration. A new owner reads its partition's map whole, so nobody ever walks all
 * streams; and registrations of both sides survive a merge.
 */
final class HazelcastRegistrations implements Registrations {
  /** In no stream's name and no node's. */
  private static final char SEPARATOR = ' ';

  private final Vertx vertx;
  private final HazelcastInstance hazelcast;

  HazelcastRegistrations(Vertx vertx, HazelcastInstance hazelcast) {
    this.vertx = vertx;
    this.hazelcast = hazelcast;
  }

  private IMap<String, Boolean> map(int partition) {
    return hazelcast.getMap("ovation.registrations." + partition);
  }

  @Override
  public Future<Void> add(int partition, Collection<String> streams, String node) {
    Map<String, Boolean> entries = new HashMap<>();
    streams.forEach(stream -> entries.put(key(stream, node), true));
    return async(partition, map -> map.setAllAsync(entries));
  }

  @Override
  public Future<Void> remove(int partition, Collection<String> streams, String node) {
    return forget(partition, streams.stream().map(stream -> key(stream, node)).toList());
  }

  @Override
  public Future<Map<String, Set<String>>> read(int partition, Set<String> live) {
    return vertx
        .executeBlocking(() -> map(partition).keySet(), false)
        .timeout(LIMIT_MS, TimeUnit.MILLISECONDS)
        .map(keys -> sort(partition, keys, live));
  }

  private Map<String, Set<String>> sort(int partition, Set<String> keys, Set<String> live) {
    Map<String, Set<String>> streams = new HashMap<>();
    List<String> dead = new ArrayList<>();
    for (String key : keys) {
      int end = key.indexOf(SEPARATOR);
      String node = key.substring(end + 1);
      if (live.contains(node)) {
        streams.computeIfAbsent(key.substring(0, end), s -> new HashSet<>()).add(node);
      } else {
        dead.add(key);
      }
    }
    if (!dead.isEmpty()) {
      // Nobody waits for it: what stays is found by the next read.
      forget(partition, dead);
    }
    return streams;
  }

  private Future<Void> forget(int partition, List<String> keys) {
    return async(
        partition,
        map ->
            CompletableFuture.allOf(
                keys.stream()
                    .map(key -> map.removeAsync(key).toCompletableFuture())
                    .toArray(CompletableFuture<?>[]::new)));
  }

  private static String key(String stream, String node) {
    return stream + SEPARATOR + node;
  }

  /** Hazelcast may throw or block at once, instead of failing later, while the cluster merges. */
  private Future<Void> async(
      int partition, Function<IMap<String, Boolean>, CompletionStage<?>> call) {
    Context context = vertx.getOrCreateContext();
    return context
        .executeBlocking(() -> call.apply(map(partition)), false)
        .compose(stage -> Future.fromCompletionStage(stage, context))
        .timeout(LIMIT_MS, TimeUnit.MILLISECONDS)
        .mapEmpty();
  }
}
