package io.ovation.queue.embedded;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.ovation.disk.Disk;
import io.ovation.queue.BrokerUnavailable;
import io.ovation.queue.DeadLetter;
import io.ovation.queue.DeadLetters;
import io.ovation.queue.FailureDetails;
import io.ovation.queue.QueueMetrics;
import io.ovation.queue.QueueName;
import io.ovation.queue.embedded.EmbeddedQueue.Appended;
import io.ovation.queue.proto.StoredDeadLetter;
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
 * One queue's dead letters on disk, at most {@link #LIMIT}; past that the oldest are dropped. All
 * of them can be listed. Read and changed on the disk thread only; an id is the key in decimal.
 */
final class EmbeddedDeadLetters implements DeadLetters {
  static final int LIMIT = 100_000;

  /** How many are deleted in one mutation: others wait for the disk too. */
  private static final int PURGE_BATCH = 1_000;

  private final MVMap<Long, byte[]> map;
  private final Disk disk;
  private final QueueMetrics metrics;
  private final Function<QueueName, @Nullable EmbeddedQueue> queues;

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

  /** Any thread: a scraper's. */
  long count() {
    return map.sizeAsLong();
  }

  /** Disk thread only. */
  void add(QueueName origin, byte[] body, FailureDetails failure, long atMs) {
    var letter =
        StoredDeadLetter.newBuilder()
            .setOrigin(origin.text())
            .setReason(failure.reason())
            .setAttempts(failure.attempts())
            .setFirstMs(failure.firstMs(atMs))
            .setLastMs(atMs)
            .setBody(ByteString.copyFrom(body));
    if (failure.stack() != null) {
      letter.setStack(failure.stack());
    }
    Long last = map.lastKey();
    map.put(last == null ? 1 : last + 1, letter.build().toByteArray());
    if (map.sizeAsLong() > LIMIT) {
      map.remove(map.firstKey());
      metrics.deadDropped.increment();
    }
    metrics.dead.increment();
  }

  private static DeadLetter decode(long key, byte[] bytes) {
    try {
      StoredDeadLetter stored = StoredDeadLetter.parseFrom(bytes);
      return new DeadLetter(
          Long.toString(key),
          QueueName.parse(stored.getOrigin()),
          stored.getReason(),
          stored.hasStack() ? stored.getStack() : null,
          stored.getAttempts(),
          stored.getFirstMs(),
          stored.getLastMs(),
          stored.getBody().toByteArray());
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("Dead letter " + key + " is damaged.", e);
    }
  }

  @Override
  public Future<Page> list(@Nullable String after, int limit) {
    int most = Math.max(1, Math.min(limit, MAX_LIMIT));
    return onDisk(() -> page(after == null ? null : key(after), most));
  }

  private Page page(@Nullable Long after, int most) {
    List<DeadLetter> letters = new ArrayList<>();
    var entries = map.cursor(after == null ? 1 : after + 1);
    while (letters.size() < most && entries.hasNext()) {
      long key = entries.next();
      letters.add(decode(key, entries.getValue()));
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
    return key == null || stored == null ? Optional.empty() : Optional.of(decode(key, stored));
  }

  /** One mutation: the item is never in both places. */
  @Override
  public Future<Boolean> sendBack(String id, UnaryOperator<byte[]> change) {
    return onDisk(() -> find(id).map(letter -> move(letter, change)))
        .onSuccess(moved -> moved.ifPresent(Runnable::run))
        .map(Optional::isPresent);
  }

  /** Returns what is to be done once the mutation is durable. */
  private Runnable move(DeadLetter letter, UnaryOperator<byte[]> change) {
    QueueName origin = letter.origin();
    EmbeddedQueue queue = origin == null ? null : queues.apply(origin);
    if (queue == null) {
      throw new IllegalStateException(
          "Dead letter " + letter.id() + " came from " + origin + ", which is not declared here.");
    }
    byte[] body = change.apply(letter.body());
    map.remove(Long.valueOf(letter.id()));
    Appended item = queue.append(body);
    return () -> queue.published(item);
  }

  @Override
  public Future<Boolean> purge(String id) {
    Long key = key(id);
    return onDisk(() -> key != null && map.remove(key) != null);
  }

  /** Deletes the letters that exist now; items that die meanwhile stay. */
  @Override
  public Future<Long> purgeAll() {
    return onDisk(() -> map.isEmpty() ? 0 : map.lastKey()).compose(last -> purgeThrough(last, 0));
  }

  private Future<Long> purgeThrough(long last, long before) {
    return onDisk(() -> purgeBatch(last))
        .compose(
            purged ->
                purged < PURGE_BATCH
                    ? Future.succeededFuture(before + purged)
                    : purgeThrough(last, before + purged));
  }

  private long purgeBatch(long through) {
    long purged = 0;
    Long first = map.firstKey();
    while (first != null && first <= through && purged < PURGE_BATCH) {
      map.remove(first);
      purged++;
      first = map.firstKey();
    }
    return purged;
  }

  private <T> Future<T> onDisk(Supplier<T> work) {
    return disk.write(work).recover(e -> Future.failedFuture(failure(e)));
  }

  private static Throwable failure(Throwable e) {
    return e instanceof IllegalStateException ? e : new BrokerUnavailable("" + e.getMessage());
  }

  /** Null for text that is not an id of this broker. */
  private static @Nullable Long key(String id) {
    try {
      return Long.valueOf(id);
    } catch (NumberFormatException e) {
      return null;
    }
  }
}
