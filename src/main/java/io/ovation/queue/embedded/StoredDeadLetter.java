package io.ovation.queue.embedded;

import io.ovation.queue.DeadLetter;
import io.ovation.queue.FailureDetails;
import io.ovation.queue.QueueName;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * A dead letter's bytes on disk: {@code last-ms:8 first-ms:8 attempts:4 from reason stack body},
 * big-endian; a text is {@code length:4} and UTF-8, a missing stack has length −1, the body is the
 * rest.
 */
final class StoredDeadLetter {
  private StoredDeadLetter() {}

  static byte[] encode(String from, byte[] body, FailureDetails failure, long atMillis) {
    byte[] source = from.getBytes(StandardCharsets.UTF_8);
    byte[] why = failure.reason().getBytes(StandardCharsets.UTF_8);
    String stack = failure.stack();
    byte[] where = stack == null ? new byte[0] : stack.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(32 + source.length + why.length + where.length + body.length)
        .putLong(atMillis)
        .putLong(failure.firstMs(atMillis))
        .putInt(failure.attempts())
        .putInt(source.length)
        .put(source)
        .putInt(why.length)
        .put(why)
        .putInt(stack == null ? -1 : where.length)
        .put(where)
        .put(body)
        .array();
  }

  static DeadLetter decode(long key, byte[] stored) {
    ByteBuffer in = ByteBuffer.wrap(stored);
    long last = in.getLong();
    long first = in.getLong();
    int attempts = in.getInt();
    String from = "" + text(in);
    String reason = "" + text(in);
    String stack = text(in);
    byte[] body = new byte[in.remaining()];
    in.get(body);
    return new DeadLetter(
        Long.toString(key), QueueName.parse(from), reason, stack, attempts, first, last, body);
  }

  private static @Nullable String text(ByteBuffer in) {
    int length = in.getInt();
    if (length < 0) {
      return null;
    }
    byte[] bytes = new byte[length];
    in.get(bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
