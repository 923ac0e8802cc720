package io.ovation.queue.embedded;

import io.ovation.queue.QueueMetrics;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.h2.mvstore.MVMap;

/**
 * Items of one queue that can never succeed, kept for an operator to look at: at most {@link
 * #LIMIT}, then the oldest go. Changed on the disk thread only.
 */
final class DeadLetters {
  static final int LIMIT = 100_000;

  private final MVMap<Long, byte[]> map;
  private final QueueMetrics metrics;

  DeadLetters(MVMap<Long, byte[]> map, QueueMetrics metrics) {
    this.map = map;
    this.metrics = metrics;
  }

  /** The name of a queue's dead letters, on every broker. */
  static String name(String queue) {
    return "ovation." + queue + ".dead";
  }

  void add(String from, byte[] body, String reason, long atMillis) {
    Long last = map.lastKey();
    map.put(last == null ? 1 : last + 1, encode(from, body, reason, atMillis));
    if (map.sizeAsLong() > LIMIT) {
      map.remove(map.firstKey());
      metrics.deadDropped.increment();
    }
    metrics.dead.increment();
  }

  long size() {
    return map.sizeAsLong();
  }

  /** {@code at:8 from-length:4 from reason-length:4 reason body}, big-endian, UTF-8. */
  private static byte[] encode(String from, byte[] body, String reason, long atMillis) {
    byte[] source = from.getBytes(StandardCharsets.UTF_8);
    byte[] why = reason.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(16 + source.length + why.length + body.length)
        .putLong(atMillis)
        .putInt(source.length)
        .put(source)
        .putInt(why.length)
        .put(why)
        .put(body)
        .array();
  }

  /** One kept item, as stored. */
  record DeadLetter(long atMillis, String from, String reason, byte[] body) {
    static DeadLetter decode(byte[] stored) {
      ByteBuffer in = ByteBuffer.wrap(stored);
      long at = in.getLong();
      String from = text(in);
      String reason = text(in);
      byte[] body = new byte[in.remaining()];
      in.get(body);
      return new DeadLetter(at, from, reason, body);
    }

    private static String text(ByteBuffer in) {
      byte[] bytes = new byte[in.getInt()];
      in.get(bytes);
      return new String(bytes, StandardCharsets.UTF_8);
    }
  }
}
