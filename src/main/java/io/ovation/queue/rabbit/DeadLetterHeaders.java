package io.ovation.queue.rabbit;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.BasicProperties;
import io.ovation.queue.DeadLetter;
import io.ovation.queue.FailureDetails;
import io.ovation.queue.QueueName;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A dead letter as a message: the failure is in headers, its id is the message id. */
final class DeadLetterHeaders {
  private static final String QUEUE = "ovation-queue";
  private static final String REASON = "ovation-reason";
  private static final String STACK = "ovation-stack";
  private static final String ATTEMPTS = "ovation-attempts";
  private static final String FIRST = "ovation-first-ms";
  private static final String LAST = "ovation-time-ms";

  private static final AtomicInteger NUMBERS = new AtomicInteger();

  private DeadLetterHeaders() {}

  static AMQP.BasicProperties of(QueueName from, FailureDetails failure, long nowMs) {
    Map<String, Object> headers = new HashMap<>();
    headers.put(QUEUE, from.text());
    headers.put(REASON, failure.reason());
    headers.put(ATTEMPTS, failure.attempts());
    headers.put(FIRST, failure.firstMs(nowMs));
    headers.put(LAST, nowMs);
    if (failure.stack() != null) {
      headers.put(STACK, failure.stack());
    }
    return Publisher.PERSISTENT.builder().messageId(id(nowMs)).headers(headers).build();
  }

  /** Rises with the time of death, and within a process in the order of its deaths. */
  private static String id(long nowMs) {
    int random = ThreadLocalRandom.current().nextInt();
    return "%012x-%08x-%08x".formatted(nowMs, NUMBERS.getAndIncrement(), random);
  }

  /** What another program's message lacks is unknown; its id is then made of its bytes. */
  static DeadLetter read(BasicProperties properties, byte[] body) {
    Map<String, Object> set = properties.getHeaders();
    Map<String, Object> headers = set == null ? Map.of() : set;
    String id = properties.getMessageId();
    String from = text(headers, QUEUE);
    String reason = text(headers, REASON);
    return new DeadLetter(
        id == null ? UUID.nameUUIDFromBytes(body).toString() : id,
        from == null ? null : QueueName.parse(from),
        reason == null ? "unknown" : reason,
        text(headers, STACK),
        (int) number(headers, ATTEMPTS),
        number(headers, FIRST),
        number(headers, LAST),
        body);
  }

  private static @Nullable String text(Map<String, Object> headers, String name) {
    Object value = headers.get(name);
    return value == null ? null : value.toString();
  }

  private static long number(Map<String, Object> headers, String name) {
    return headers.get(name) instanceof Number number ? number.longValue() : 0;
  }
}
