package io.ovation.cluster;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.map.IMap;
import io.ovation.vertx.Contexts;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
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
 * for each registration. A new owner reads its partition's map as a whole, so that nobody ever
 * iterates over all streams; and registrations of both sides survive a merge.
 *
 * <p>While the cluster splits or merges, Hazelcast may block the caller. So its calls run on a few
 * threads of their own, one at a time per partition, and never use up Vert.x's worker threads,
 * which the event bus needs.
 */
final class HazelcastRegistrationMap implements RegistrationMap {
  private static final int THREADS = 3;

  /** In no stream's name and no node's. */
  private static final char SEPARATOR = ' ';

  private final Vertx vertx;
  private final HazelcastInstance hazelcast;
  private final WorkerExecutor workers;

  /** Partition → its newest call. */
  private final Map<Integer, Future<?>> newest = new HashMap<>();

  HazelcastRegistrationMap(Vertx vertx, HazelcastInstance hazelcast) {
    this.vertx = vertx;
    this.hazelcast = hazelcast;
    this.workers = vertx.createSharedWorkerExecutor("ovation-registrations", THREADS);
  }

  @Override
  public Future<Void> add(int partition, Collection<String> streams, String node) {
    Map<String, Boolean> entries = new HashMap<>();
    streams.forEach(stream -> entries.put(key(stream, node), true));
    return call(partition, map -> map.setAllAsync(entries));
  }

  @Override
  public Future<Void> remove(int partition, Collection<String> streams, String node) {
    return remove(partition, streams.stream().map(stream -> key(stream, node)).toList());
  }

  @Override
  public Future<Map<String, Set<String>>> read(int partition, Set<String> live) {
    return call(partition, map -> CompletableFuture.completedFuture(map.keySet()))
        .map(keys -> group(partition, keys, live));
  }

  private Map<String, Set<String>> group(int partition, Set<String> keys, Set<String> live) {
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
      // Nobody waits for it: the next read finds what is left.
      remove(partition, dead);
    }
    return streams;
  }

  private Future<Void> remove(int partition, List<String> keys) {
    return call(
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

  /**
   * Runs {@code call} on a worker after the partition's calls before it. One whose time is over
   * before its turn is dropped, so that calls do not pile up behind one that is blocked.
   */
  private <T> Future<T> call(
      int partition, Function<IMap<String, Boolean>, CompletionStage<T>> call) {
    Promise<T> done = Contexts.promise(vertx);
    Future<T> answer = done.future().timeout(LIMIT_MS, TimeUnit.MILLISECONDS);
    synchronized (newest) {
      Future<?> before = newest.getOrDefault(partition, Future.succeededFuture());
      newest.put(
          partition,
          before.transform(
              previous -> {
                if (answer.isComplete()) {
                  return Future.succeededFuture();
                }
                return workers
                    .executeBlocking(
                        () -> call.apply(hazelcast.getMap("ovation.registrations." + partition)),
                        false)
                    .compose(Future::fromCompletionStage)
                    .onComplete(done);
              }));
    }
    return answer;
  }
}
