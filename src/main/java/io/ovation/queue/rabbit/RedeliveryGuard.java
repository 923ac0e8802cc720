package io.ovation.queue.rabbit;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.GetResponse;
import io.ovation.queue.Delivery;
import io.ovation.queue.DeliveryBuffer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.TimeoutException;
import java.util.function.BiConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds the item that ends every process that handles it. RabbitMQ counts how often an item came
 * back unacked, but an item also comes back when a consumer hands it over in good order, or loses
 * its connection. So a consumer whose first item came back writes a claim to a queue beside, and
 * withdraws it when it has survived: after {@link #HARMLESS_MS}, when it closes, or on its next
 * channel. A claim that was not withdrawn is the sign of a process that ended. After one such claim
 * items are passed on one at a time, so that the suspect is the first item of the next channel: all
 * before it in the queue were acked. After two, a suspect that came back {@link #LIMIT} times is
 * given up. One instance per channel.
 */
final class RedeliveryGuard {
  private static final Logger log = LoggerFactory.getLogger(RedeliveryGuard.class);

  /** Returns after which a suspect may be given up. */
  static final int LIMIT = 3;

  private static final int ONE_AT_A_TIME = LIMIT - 1;

  /** The next item follows after this time when the one before has no outcome yet. */
  static final long NEXT_MS = 5_000;

  /** A process that handles items for this time after it claimed them has survived them. */
  private static final long HARMLESS_MS = 10_000;

  private static final long CONFIRM_MS = 5_000;

  private static final int CLAIMS_EXPIRE_MS = 3_600_000;

  private final String queue;
  private final DeliveryBuffer buffer;
  private final ConsumerThread consumers;
  private final long nextMs;
  private final boolean survived;
  private final BiConsumer<Delivery, Integer> giveUp;
  private final Deque<Suspect> held = new ArrayDeque<>();
  private final TreeSet<Long> passedOn = new TreeSet<>();
  private boolean first = true;
  private boolean holding;

  /** Whether the next item that arrives may be passed on at once. */
  private boolean nextIsDue;

  /** Whether this process has written a claim and not withdrawn it. */
  private boolean claimed;

  private boolean ended;

  /** False for a queue whose items are only carried on: nothing of them can end a process. */
  private boolean watches = true;

  /** An item and how often it came back. */
  private record Suspect(Delivery delivery, int returns) {}

  /**
   * @param nextMs {@link #NEXT_MS}
   * @param survived this process claimed the items of its last channel, which was lost
   * @param giveUp moves an item, which came back that many times, to the dead letters, and acks it
   */
  RedeliveryGuard(
      String queue,
      DeliveryBuffer buffer,
      ConsumerThread consumers,
      long nextMs,
      boolean survived,
      BiConsumer<Delivery, Integer> giveUp) {
    this.queue = queue;
    this.buffer = buffer;
    this.consumers = consumers;
    this.nextMs = nextMs;
    this.survived = survived;
    this.claimed = survived;
    this.giveUp = giveUp;
  }

  /** Passes everything on. */
  RedeliveryGuard off() {
    watches = false;
    return this;
  }

  /** Takes the channel's next delivery. The connection's thread. */
  synchronized void deliver(Connection connection, Delivery delivery, BasicProperties properties) {
    int returns = watches ? returns(properties) : 0;
    boolean begins = first && returns > 0;
    first = false;
    if (ended) {
      return;
    }
    holding |= begins;
    if (!holding) {
      buffer.add(List.of(delivery));
      return;
    }
    held.add(new Suspect(delivery, returns));
    if (begins) {
      consumers.run(() -> begin(connection));
    } else if (nextIsDue) {
      nextIsDue = false;
      consumers.run(() -> passOn(connection));
    }
  }

  private static int returns(BasicProperties properties) {
    Map<String, Object> headers = properties.getHeaders();
    return headers != null && headers.get("x-delivery-count") instanceof Number count
        ? count.intValue()
        : 0;
  }

  /** Claims the channel's items, and passes on the first one, or gives it up. Consumers' thread. */
  private void begin(Connection connection) {
    int ends = claim(connection);
    consumers.schedule(() -> withdraw(connection), HARMLESS_MS);
    Suspect suspect;
    synchronized (this) {
      suspect = held.peek();
      if (ended || suspect == null) {
        return;
      }
      if (ends == 0 || suspect.returns < ONE_AT_A_TIME) {
        passOnAll();
        return;
      }
      if (ends < LIMIT - 1 || suspect.returns < LIMIT) {
        passOn(connection);
        return;
      }
      held.remove();
      passedOn.add(suspect.delivery.tag());
    }
    giveUp.accept(suspect.delivery, suspect.returns);
  }

  /** Passes on the next item, and all others with it once one came back less often. */
  private synchronized void passOn(Connection connection) {
    Suspect next = held.peek();
    nextIsDue = next == null;
    if (next == null || ended) {
      return;
    }
    if (next.returns < ONE_AT_A_TIME) {
      passOnAll();
      return;
    }
    held.remove();
    passedOn.add(next.delivery.tag());
    buffer.add(List.of(next.delivery));
    consumers.schedule(() -> passOnAfter(next.delivery.tag(), connection), nextMs);
  }

  private void passOnAll() {
    holding = false;
    buffer.add(held.stream().map(Suspect::delivery).toList());
    held.clear();
  }

  private synchronized void passOnAfter(long tag, Connection connection) {
    if (holding && !passedOn.isEmpty() && passedOn.last() == tag) {
      passOn(connection);
    }
  }

  /** These deliveries have their outcome. Any thread. */
  synchronized void acked(long tag, boolean multiple, Connection connection) {
    if (passedOn.isEmpty()) {
      return;
    }
    boolean last = passedOn.last() <= tag;
    passedOn.subSet(multiple ? 0 : tag, true, tag, true).clear();
    if (last && holding) {
      consumers.run(() -> passOn(connection));
    }
  }

  /** No delivery of this channel is passed on from now on. Any thread. */
  synchronized void end() {
    ended = true;
  }

  /** Whether a claim of this process is still there. */
  synchronized boolean claimed() {
    return claimed;
  }

  /**
   * Adds this process's claim.
   *
   * @return the claims that others have not withdrawn; 0 if RabbitMQ doesn't say
   */
  private int claim(Connection connection) {
    try (Channel channel = connection.createChannel()) {
      String claims = declareClaims(channel);
      GetResponse last = channel.basicGet(claims, false);
      int others =
          last == null || survived
              ? 0
              : Integer.parseInt(new String(last.getBody(), StandardCharsets.UTF_8));
      byte[] claim = Integer.toString(others + 1).getBytes(StandardCharsets.UTF_8);
      channel.confirmSelect();
      channel.basicPublish("", claims, Publisher.PERSISTENT, claim);
      channel.waitForConfirmsOrDie(CONFIRM_MS);
      if (last != null) {
        channel.basicAck(last.getEnvelope().getDeliveryTag(), false);
      }
      synchronized (this) {
        claimed = true;
      }
      return others;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return 0;
    } catch (IOException | TimeoutException | RuntimeException e) {
      log.warn("Can't note that items of {} came back: {}", queue, AmqpErrors.describe(e));
      return 0; // The benefit of the doubt.
    }
  }

  /** Lets later consumers know that no item ended this process. Consumers' thread. */
  void withdraw(Connection connection) {
    if (!claimed()) {
      return;
    }
    try (Channel channel = connection.createChannel()) {
      channel.queuePurge(declareClaims(channel));
      synchronized (this) {
        claimed = false;
      }
    } catch (IOException | TimeoutException | RuntimeException e) {
      log.warn("Can't note that items of {} are harmless: {}", queue, AmqpErrors.describe(e));
    }
  }

  private String declareClaims(Channel channel) throws IOException {
    String claims = queue + ".claims";
    Map<String, Object> newest = Map.of("x-max-length", 1, "x-expires", CLAIMS_EXPIRE_MS);
    channel.queueDeclare(claims, true, false, false, newest);
    return claims;
  }
}
