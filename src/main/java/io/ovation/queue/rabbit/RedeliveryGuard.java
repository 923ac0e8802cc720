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
import java.util.TreeMap;
import java.util.concurrent.TimeoutException;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds the item that ends every process that handles it. RabbitMQ counts how often an item came
 * back unacked, but so do all items that a dead process held. So items that came back twice are
 * passed on one at a time, and the suspect is the first item of a channel: all before it in the
 * queue were acked. A suspect that came back {@link #LIMIT} times is given up. Returns of which it
 * is innocent do not count: a process that outlived the item, or closed the channel itself, leaves
 * a note in a queue beside. One instance per channel.
 */
final class RedeliveryGuard {
  private static final Logger log = LoggerFactory.getLogger(RedeliveryGuard.class);

  /** Returns after which a suspect is given up. */
  static final int LIMIT = 3;

  private static final int ONE_AT_A_TIME = 2;

  /** The next item follows after this time when the one before has no outcome yet. */
  static final long NEXT_MS = 5_000;

  /** An item whose handling a process survives for this time does not end processes. */
  private static final long HARMLESS_MS = 10_000;

  private static final int NOTE_EXPIRES_MS = 3_600_000;

  private final String queue;
  private final DeliveryBuffer buffer;
  private final ConsumerThread consumers;
  private final long nextMs;
  private final @Nullable Suspect survivor;
  private final BiConsumer<Delivery, Integer> giveUp;
  private final Deque<Suspect> held = new ArrayDeque<>();
  private final TreeMap<Long, Suspect> passedOn = new TreeMap<>();
  private boolean first = true;
  private int innocent;
  private @Nullable Suspect highest;
  private boolean careful;

  /** Whether the next item that arrives may be passed on at once. */
  private boolean nextIsDue;

  private boolean ended;

  /** An item and how often it came back. */
  record Suspect(Delivery delivery, int returns) {}

  /**
   * @param nextMs {@link #NEXT_MS}
   * @param survivor the earliest unacked item of this process's last channel, which was lost
   * @param giveUp moves an item, which came back that many times, to the dead letters, and acks it
   */
  RedeliveryGuard(
      String queue,
      DeliveryBuffer buffer,
      ConsumerThread consumers,
      long nextMs,
      @Nullable Suspect survivor,
      BiConsumer<Delivery, Integer> giveUp) {
    this.queue = queue;
    this.buffer = buffer;
    this.consumers = consumers;
    this.nextMs = nextMs;
    this.survivor = survivor;
    this.giveUp = giveUp;
  }

  /** Takes the channel's next delivery. The connection's thread. */
  synchronized void deliver(Connection connection, Delivery delivery, BasicProperties properties) {
    boolean begins = first && returns(properties) >= ONE_AT_A_TIME;
    first = false;
    careful |= begins;
    int returns = returns(properties);
    if (returns > 0 && (highest == null || returns > highest.returns)) {
      highest = new Suspect(delivery, returns);
    }
    if (ended) {
      return;
    }
    if (!careful) {
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

  /** Passes on the channel's first item, or gives it up. Consumers' thread. */
  private void begin(Connection connection) {
    int known = innocentReturns(connection);
    Suspect suspect;
    synchronized (this) {
      innocent = known;
      suspect = held.peek();
    }
    if (suspect == null || suspect.returns - known < LIMIT) {
      passOn(connection);
      return;
    }
    synchronized (this) {
      passedOn.put(suspect.delivery.tag(), suspect);
      held.remove(suspect);
    }
    giveUp.accept(suspect.delivery, suspect.returns);
  }

  /** Passes on the next item, and all others with it once one came back less than twice. */
  private synchronized void passOn(Connection connection) {
    Suspect next = held.peek();
    nextIsDue = next == null;
    if (next == null || ended) {
      return;
    }
    if (next.returns - innocent < ONE_AT_A_TIME) {
      careful = false;
      buffer.add(held.stream().map(Suspect::delivery).toList());
      held.clear();
      return;
    }
    held.remove();
    passedOn.put(next.delivery.tag(), next);
    buffer.add(List.of(next.delivery));
    consumers.schedule(() -> passOnAfter(next, connection), nextMs);
    consumers.schedule(() -> survived(next, connection), HARMLESS_MS);
  }

  private synchronized void passOnAfter(Suspect suspect, Connection connection) {
    if (!passedOn.isEmpty() && passedOn.lastEntry().getValue() == suspect) {
      passOn(connection);
    }
  }

  /** These deliveries have their outcome. Any thread. */
  synchronized void acked(long tag, boolean multiple, Connection connection) {
    if (passedOn.isEmpty()) {
      return;
    }
    boolean last = passedOn.lastKey() <= tag;
    passedOn.subMap(multiple ? 0 : tag, true, tag, true).clear();
    if (last) {
      consumers.run(() -> passOn(connection));
    }
  }

  /** No delivery of this channel is passed on from now on. Any thread. */
  synchronized void end() {
    ended = true;
  }

  /** The item that came back most often, of those that did; this process has survived it. */
  synchronized @Nullable Suspect survivor() {
    return highest;
  }

  private void survived(Suspect suspect, Connection connection) {
    boolean here;
    synchronized (this) {
      here = !ended && !passedOn.isEmpty() && suspect == passedOn.firstEntry().getValue();
    }
    if (here) {
      leaveNote(connection);
    }
  }

  /** Lets later consumers know that returns up to the highest one ended no process. */
  void leaveNote(Connection connection) {
    Suspect suspect = survivor();
    if (suspect == null) {
      return;
    }
    byte[] note = Integer.toString(suspect.returns).getBytes(StandardCharsets.UTF_8);
    try (Channel channel = connection.createChannel()) {
      channel.basicPublish("", declareNotes(channel), Publisher.PERSISTENT, note);
    } catch (IOException | TimeoutException | RuntimeException e) {
      log.warn("Can't note that an item of {} is harmless: {}", queue, AmqpErrors.describe(e));
    }
  }

  /** Returns up to this number are known to have ended no process. */
  private int innocentReturns(Connection connection) {
    if (survivor != null) {
      return survivor.returns + 1;
    }
    try (Channel channel = connection.createChannel()) {
      GetResponse got = channel.basicGet(declareNotes(channel), false); // Closing puts it back.
      return got == null
          ? 0
          : Integer.parseInt(new String(got.getBody(), StandardCharsets.UTF_8)) + 1;
    } catch (IOException | TimeoutException | RuntimeException e) {
      log.warn("Can't read the note about an item of {}: {}", queue, AmqpErrors.describe(e));
      return Integer.MAX_VALUE; // The benefit of the doubt.
    }
  }

  private String declareNotes(Channel channel) throws IOException {
    String notes = queue + ".survivor";
    Map<String, Object> newest = Map.of("x-max-length", 1, "x-expires", NOTE_EXPIRES_MS);
    channel.queueDeclare(notes, true, false, false, newest);
    return notes;
  }
}
