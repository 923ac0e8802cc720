package io.ovation.queue.rabbit;

import com.rabbitmq.client.Channel;
import io.ovation.queue.Broker;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;

/**
 * Delays of 1 to 131,071 whole seconds on 17 queues, however many queues there are to deliver to.
 *
 * <p>Step {@code k} is a topic exchange and a quorum queue that keeps items for 2^k seconds. An
 * item's routing key is its delay in binary, highest bit first, a word each, then its target:
 * {@code 0.….1.0.1.ovation.errands.normal.3} waits 4 s and 1 s. The exchange of step {@code k}
 * looks at its own word: 1 is for its queue, 0 for the next lower exchange, which is also where the
 * queue dead-letters to, with the key kept. The last exchange, {@link #DUE}, has a binding for each
 * target. No item passes a queue twice, so that RabbitMQ never takes it for a loop and drops it.
 *
 * <p>Dead-lettering is at-least-once: an item leaves a step when the next queue's quorum has
 * confirmed it. RabbitMQ has 32 of a step under way at a time, and tries one that was not confirmed
 * again after {@code dead_letter_worker_publisher_confirm_timeout}, 3 minutes unless its {@code
 * advanced.config} says less. So much later may items come that were due while RabbitMQ started
 * after a crash, and so long do items for a deleted target hold up others until it is declared
 * again.
 */
final class DelayTopology {
  private static final int STEPS = 17;

  /** A bound on what waits in a step; then RabbitMQ refuses, and the publish fails. */
  private static final int STEP_LIMIT = 1_000_000;

  private static final String DUE = "ovation.delay.due";

  /** Where an item with a delay is published. */
  record Route(String exchange, String key) {}

  private DelayTopology() {}

  /** Rounded up to a second. */
  static Route route(String target, Duration delay) {
    Broker.checkDelay(delay);
    int seconds = (int) Math.max(1, delay.plusNanos(999_999_999).toSeconds());
    StringBuilder key = new StringBuilder(2 * STEPS + target.length());
    for (int step = STEPS - 1; step >= 0; step--) {
      key.append(seconds >> step & 1).append('.');
    }
    int first = Integer.SIZE - 1 - Integer.numberOfLeadingZeros(seconds);
    return new Route(name(first), key.append(target).toString());
  }

  /** The exchange and the queue of a step. */
  private static String name(int step) {
    return step < 0 ? DUE : "ovation.delay." + (1 << step) + "s";
  }

  /** Makes them exist. Blocks: some five round trips for each step. */
  static void declare(Channel channel) throws IOException {
    channel.exchangeDeclare(DUE, "topic", true);
    for (int step = 0; step < STEPS; step++) {
      String name = name(step);
      String next = name(step - 1);
      channel.exchangeDeclare(name, "topic", true);
      channel.queueDeclare(name, true, false, false, arguments(step, next));
      String higher = "*.".repeat(STEPS - 1 - step);
      channel.queueBind(name, name, higher + "1.#");
      channel.exchangeBind(next, name, higher + "0.#");
    }
  }

  /** Lets what is due for this queue into it. */
  static void bind(Channel channel, String target) throws IOException {
    channel.queueBind(target, DUE, "*.".repeat(STEPS) + target);
  }

  /** RabbitMQ takes a time to live on quorum queues from 3.10 on. */
  private static Map<String, Object> arguments(int step, String next) {
    return Map.of(
        "x-queue-type",
        "quorum",
        "x-message-ttl",
        1000 << step,
        "x-dead-letter-exchange",
        next,
        "x-dead-letter-strategy",
        "at-least-once",
        "x-overflow",
        "reject-publish",
        "x-max-length",
        STEP_LIMIT,
        "x-queue-leader-locator",
        "balanced");
  }
}
