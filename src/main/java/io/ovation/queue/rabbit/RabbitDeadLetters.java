package io.ovation.queue.rabbit;

import static io.ovation.queue.rabbit.AdminClient.await;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import io.ovation.async.InFlightLimiter;
import io.ovation.queue.BrokerUnavailable;
import io.ovation.queue.DeadLetter;
import io.ovation.queue.DeadLetters;
import io.ovation.queue.QueueName;
import io.vertx.core.Future;
import io.vertx.rabbitmq.RabbitMQClient;
import io.vertx.rabbitmq.RabbitMQMessage;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The dead letters of one queue. Each call is a scan, one at a time in the whole cluster: RabbitMQ
 * shows messages only to who takes them, so a scan gets up to {@link DeadLetters#WINDOW} letters,
 * holds them unacked, and returns them at its end. RabbitMQ puts what was returned before all that
 * was not taken, though in any order; so the next scan sees the same letters.
 */
final class RabbitDeadLetters implements DeadLetters {
  /** A scan takes less than a second; one that takes this long ends without a result. */
  private static final Duration LIMIT = Duration.ofSeconds(30);

  private final AdminClient admin;
  private final Publisher publisher;
  private final Supplier<@Nullable Connection> connection;
  private final InFlightLimiter scans;
  private final String queue;

  /** What a scan does with the letter that it shows, and whether it goes on. */
  enum Verdict {
    KEEP,
    KEEP_AND_STOP,
    REMOVE_AND_STOP
  }

  /** Sees one letter. If it fails, so does the scan, and nothing is removed. */
  interface Visitor {
    Verdict visit(DeadLetter letter) throws Exception;
  }

  /**
   * @param publisher of what is sent back
   * @param connection to purge on, which the Vert.x client can't do; null while it is not open
   * @param scans limits those that wait for one another on this node
   * @param queue of the dead letters
   */
  RabbitDeadLetters(
      AdminClient admin,
      Publisher publisher,
      Supplier<@Nullable Connection> connection,
      InFlightLimiter scans,
      String queue) {
    this.admin = admin;
    this.publisher = publisher;
    this.connection = connection;
    this.scans = scans;
    this.queue = queue;
  }

  /** Keeps one letter more than the page has, to know whether another page follows. */
  @Override
  public Future<Page> list(@Nullable String after, int limit) {
    int most = Math.max(1, Math.min(limit, MAX_LIMIT));
    TreeMap<String, DeadLetter> found = new TreeMap<>(); // Ids rise with the time of death.
    Visitor collect =
        letter -> {
          if (after == null || letter.id().compareTo(after) > 0) {
            found.put(letter.id(), letter);
            if (found.size() > most + 1) {
              found.pollLastEntry();
            }
          }
          return Verdict.KEEP;
        };
    return exclusively(client -> scan(client, queue, collect))
        .map(
            total ->
                new Page(found.values().stream().limit(most).toList(), total, found.size() > most));
  }

  @Override
  public Future<Optional<DeadLetter>> read(String id) {
    return find(id, letter -> Verdict.KEEP_AND_STOP);
  }

  @Override
  public Future<Boolean> sendBack(String id, UnaryOperator<byte[]> change) {
    Visitor publish =
        letter -> {
          QueueName to = letter.origin();
          if (to == null) {
            throw new IllegalStateException("The origin of dead letter " + id + " is unknown");
          }
          byte[] body = change.apply(letter.body());
          await(publisher.publish("", to.text(), body, Publisher.PERSISTENT));
          return Verdict.REMOVE_AND_STOP;
        };
    return find(id, publish).map(Optional::isPresent);
  }

  @Override
  public Future<Boolean> purge(String id) {
    return find(id, letter -> Verdict.REMOVE_AND_STOP).map(Optional::isPresent);
  }

  @Override
  public Future<Long> purgeAll() {
    return exclusively(client -> purgeNow());
  }

  private Long purgeNow() throws Exception {
    Connection now = connection.get();
    if (now == null) {
      throw new BrokerUnavailable("RabbitMQ is not connected now");
    }
    try (Channel channel = now.createChannel()) {
      return (long) channel.queuePurge(queue).getMessageCount();
    }
  }

  private Future<Optional<DeadLetter>> find(String id, Visitor whenFound) {
    AtomicReference<@Nullable DeadLetter> found = new AtomicReference<>();
    Visitor search =
        letter -> {
          if (!letter.id().equals(id)) {
            return Verdict.KEEP;
          }
          found.set(letter);
          return whenFound.visit(letter);
        };
    return exclusively(client -> scan(client, queue, search))
        .map(total -> Optional.ofNullable(found.get()));
  }

  /**
   * Keeps other nodes out with an exclusive queue, which RabbitMQ gives to one connection and
   * deletes with it.
   */
  private <T> Future<T> exclusively(AdminClient.Task<T> work) {
    if (!scans.take()) {
      return Future.failedFuture(
          new BrokerUnavailable("Too many look through dead letters now. Try again later."));
    }
    String lock = queue + ".look";
    return admin
        .call(
            "look through " + queue,
            client -> {
              try {
                await(client.queueDeclare(lock, false, true, true));
              } catch (Exception e) {
                throw AmqpErrors.closedChannel(e, AMQP.RESOURCE_LOCKED)
                    ? new BrokerUnavailable(
                        "Somebody else looks through these dead letters now. Try again.")
                    : e;
              }
              try {
                return work.run(client);
              } finally {
                await(client.queueDelete(lock));
              }
            })
        .onComplete(ended -> scans.giveBack());
  }

  /**
   * Shows letters to {@code visitor}, one at a time, in any order, while the lock is held.
   *
   * @return how many letters there are afterwards, about
   */
  static long scan(RabbitMQClient client, String queue, Visitor visitor) throws Exception {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    long before = 0;
    int taken = 0;
    try {
      while (true) {
        if (System.nanoTime() - deadline > 0) {
          throw new IOException("it took longer than " + LIMIT.toSeconds() + " s");
        }
        RabbitMQMessage got = await(client.basicGet(queue, false));
        if (got == null) {
          return taken;
        }
        long tag = got.envelope().getDeliveryTag();
        if (taken++ > 0 && tag != before + 1) {
          // What was taken before is back in the queue, and this would be shown twice.
          throw new IOException("the channel was lost meanwhile");
        }
        before = tag;
        Verdict verdict =
            visitor.visit(DeadLetterHeaders.read(got.properties(), got.body().getBytes()));
        if (verdict == Verdict.REMOVE_AND_STOP) {
          await(client.basicAck(tag, false));
          return taken - 1 + got.messageCount();
        }
        if (verdict == Verdict.KEEP_AND_STOP || taken == WINDOW) {
          return taken + got.messageCount();
        }
      }
    } finally {
      if (taken > 0) {
        await(client.basicNack(0, true, true)); // 0: all that the channel holds.
      }
    }
  }
}
