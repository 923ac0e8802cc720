package io.ovation.queue.rabbit;

import static io.ovation.queue.rabbit.AdminClient.await;

import io.ovation.queue.Broker;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import io.vertx.rabbitmq.RabbitMQClient;
import java.time.Duration;

/**
 * Delays of 1 to 131,071 whole seconds on 17 queues, for any number of target queues. The scheme is
 * that of the <a href="https://docs.particular.net/transports/rabbitmq/delayed-delivery">delay
 * levels of NServiceBus' RabbitMQ transport</a>, which has 28 levels.
 *
 * <p>Step {@code k} is a topic exchange and a quorum queue that keeps items for 2^k seconds. The
 * routing key of an item is its delay in binary, highest bit first, a word for each bit, then its
 * target: {@code 0.….1.0.1.ovation.errands.normal.3} waits 4 s and 1 s. The exchange of step {@code
 * k} routes by its own word: 1 to its queue, 0 to the next lower exchange. The queue dead-letters
 * to that exchange too, with the key kept. The last exchange, {@link #DUE}, has a binding for each
 * target. No item passes a queue twice, so RabbitMQ never takes it for a cycle and drops it.
 *
 * <p>Dead-lettering is at-least-once: an item leaves a step when the quorum of the next queue has
 * confirmed it. RabbitMQ moves 32 items of a step at a time, and retries an unconfirmed one after
 * {@code dead_letter_worker_publisher_confirm_timeout}, by default 3 minutes ({@code
 * advanced.config}). Items that were due while RabbitMQ started after a crash may be that late, and
 * items for a deleted target delay others that long, until the target is declared again.
 */
final class DelayTopology {
  /** The exchange that items reach when their delay is over. */
  static final String DUE = "ovation.delay.due";

  private static final int STEPS = 17;

  /** The most items in a step; then RabbitMQ refuses, and the publish fails. */
  private static final int STEP_LIMIT = 1_000_000;

  /** Where an item with a delay is published. */
  record Route(String exchange, String key) {}

  private DelayTopology() {}

  /** The delay is rounded up to a second. */
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

  /** Declares all exchanges, queues and bindings. Blocks. */
  static void declare(RabbitMQClient client) throws Exception {
    await(client.exchangeDeclare(DUE, "topic", true, false));
    for (int step = 0; step < STEPS; step++) {
      String name = name(step);
      String next = name(step - 1);
      String higher = "*.".repeat(STEPS - 1 - step);
      await(client.exchangeDeclare(name, "topic", true, false));
      await(client.queueDeclare(name, true, false, false, arguments(step, next)));
      await(client.queueBind(name, name, higher + "1.#"));
      await(client.exchangeBind(next, name, higher + "0.#"));
    }
  }

  /** Routes what is due for this queue to it. */
  static Future<Void> bind(RabbitMQClient client, String target) {
    return client.queueBind(target, DUE, "*.".repeat(STEPS) + target);
  }

  /** RabbitMQ accepts a time to live on quorum queues from 3.10 on. */
  private static JsonObject arguments(int step, String next) {
    return new JsonObject()
        .put("x-queue-type", "quorum")
        .put("x-message-ttl", 1000 << step)
        .put("x-dead-letter-exchange", next)
        .put("x-dead-letter-strategy", "at-least-once")
        .put("x-overflow", "reject-publish")
        .put("x-max-length", STEP_LIMIT)
        .put("x-queue-leader-locator", "balanced");
  }
}
