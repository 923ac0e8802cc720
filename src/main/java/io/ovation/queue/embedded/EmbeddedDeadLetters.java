package io.ovation.queue.embedded;

import io.ovation.disk.Disk;
import io.ovation.queue.BrokerUnavailable;
import io.ovation.queue.DeadLetter;
import io.ovation.queue.DeadLetters;
import io.ovation.queue.FailureDetails;
import io.ovation.queue.QueueMetrics;
import io.ovation.queue.QueueName;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.h2.mvstore.MVMap;
import org.jspecify.annotations.Nullable;

/**
 * Items of one queue that can never succeed, kept for an operator to look at: at most {@link
 * #LIMIT}, then the oldest go. All of them are in sight. Read and changed on the disk thread only;
 * an id is the key in decimal.
 */
final class EmbeddedDeadLetters implements DeadLetters {
  static final int LIMIT = 100_000;

  /** How many one mutation deletes: others wait for the disk too. */
  private static final int PURGE = 1_000;

  private final MVMap<Long, byte[]> map;
  private final Disk disk;
  private final QueueMetrics metrics;
  private final Function<QueueName, @Nullable EmbeddedQueue> queues;

  /**
   * @param queues finds a declared queue
   */
  EmbeddedDeadLetters(
      MVMap<Long, byte[]> map,
      Disk disk,
      QueueMetrics metrics,
      Function<QueueName, @Nullable EmbeddedQueue> queues) {
    this.map = map;
    this.disk = disk;
    this.metrics = metrics;
    this.queues = queues;
  }

  /** The name of a queue's dead letters, on every broker. */
  static String name(String queue) {
    return "ovation." + queue + ".dead";
  }

  /** Any thread: a scraper's. */
  long count() {
    return map.sizeAsLong();
  }

  /** Disk thread only. */
  void add(String from, byte[] body, FailureDetails failure, long atMillis) {
    Long last = map.lastKey();
    map.put(last == null ? 1 : last + 1, StoredDeadLetter.encode(from, body, failure, atMillis));
    if (map.sizeAsLong() > LIMIT) {
      map.remove(map.firstKey());
      metrics.deadDropped.increment();
    }
    metrics.dead.increment();
  }

  @Override
  public Future<Page> list(@Nullable String after, int limit) {
    Long behind = after == null ? null : key(after);
    int most = Math.max(1, Math.min(limit, MAX_LIMIT));
    return onDisk(() -> page(behind == null ? 0 : behind, most));
  }

  private Page page(long behind, int most) {
    List<DeadLetter> letters = new ArrayList<>();
    var entries = map.cursor(behind + 1);
    while (letters.size() < most && entries.hasNext()) {
      long key = entries.next();
      letters.add(StoredDeadLetter.decode(key, entries.getValue()));
    }
    return new Page(letters, map.sizeAsLong(), entries.hasNext());
  }

  @Override
  public Future<Optional<DeadLetter>> read(String id) {
    return onDisk(() -> find(id));
  }

  private Optional<DeadLetter> find(String id) {
    Long key = key(id);
    byte[] stored = key == null ? null : map.get(key);
    return key == null || stored == null
        ? Optional.empty()
        : Optional.of(StoredDeadLetter.decode(key, stored));
  }

  private record Sent(EmbeddedQueue queue, long key, byte[] body) {}

  /** One mutation: it is never in both places. */
  @Override
  public Future<Boolean> sendBack(String id, UnaryOperator<byte[]> change) {
    return onDisk(() -> find(id).map(letter -> move(letter, change)))
        .map(
            moved -> {
              moved.ifPresent(sent -> sent.queue.published(sent.key, sent.body));
              return moved.isPresent();
            });
  }

  private Sent move(DeadLetter letter, UnaryOperator<byte[]> change) {
    QueueName origin = letter.origin();
    EmbeddedQueue queue = origin == null ? null : queues.apply(origin);
    if (queue == null) {
      throw new IllegalStateException(
          "Dead letter " + letter.id() + " came from " + origin + ", which is not declared here.");
    }
    byte[] body = change.apply(letter.body());
    map.remove(Long.valueOf(letter.id()));
    return new Sent(queue, queue.append(body), body);
  }

  @Override
  public Future<Boolean> purge(String id) {
    Long key = key(id);
    return onDisk(() -> key != null && map.remove(key) != null);
  }

  /** Those that are there now: what dies meanwhile stays. */
  @Override
  public Future<Long> purgeAll() {
    return onDisk(() -> map.isEmpty() ? 0 : map.lastKey()).compose(last -> purge(last, 0));
  }

  private Future<Long> purge(long through, long before) {
    return onDisk(() -> purgeSome(through))
        .compose(
            some ->
                some < PURGE
                    ? Future.succeededFuture(before + some)
                    : purge(through, before + some));
  }

  private long purgeSome(long through) {
    long purged = 0;
    Long first = map.firstKey();
    while (first != null && first <= through && purged < PURGE) {
      map.remove(first);
      purged++;
      first = map.firstKey();
    }
    return purged;
  }

  private <T> Future<T> onDisk(Supplier<T> work) {
    return disk.write(work)
        .recover(
            e ->
                Future.failedFuture(
                    e instanceof IllegalStateException
                        ? e
                        : new BrokerUnavailable("" + e.getMessage())));
  }

  /** Null for what is no id of ours. */
  private static @Nullable Long key(String id) {
    try {
      return Long.valueOf(id);
    } catch (NumberFormatException stranger) {
      return null;
    }
  }
}
