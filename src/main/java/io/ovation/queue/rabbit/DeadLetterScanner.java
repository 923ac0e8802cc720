package io.ovation.queue.rabbit;

import static io.ovation.queue.rabbit.AdminClient.bounded;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import io.ovation.async.InFlightLimiter;
import io.ovation.queue.BrokerUnavailable;
import io.ovation.queue.DeadLetter;
import io.ovation.queue.DeadLetters;
import io.ovation.vertx.Contexts;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.rabbitmq.RabbitMQClient;
import io.vertx.rabbitmq.RabbitMQMessage;
import java.time.Duration;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Scans queues of dead letters, one at a time in the whole cluster. RabbitMQ shows messages only to
 * who takes them: a scan gets up to {@link DeadLetters#WINDOW} letters, holds them unacked, and
 * returns them at its end. RabbitMQ puts what was returned before all that was not taken, though in
 * any order; so the next scan sees the same letters, and callers sort them.
 */
final class DeadLetterScanner {
  /** Scans that may wait for one another on this node. An operator runs few at a time. */
  private static final int WAITING = 16;

  /** A scan takes less than a second; one that takes this long ends without a result. */
  private static final Duration LIMIT = Duration.ofSeconds(30);

  private final Vertx vertx;
  private final AdminClient admin;
  private final Supplier<@Nullable Connection> connection;
  private final InFlightLimiter calls = new InFlightLimiter(1 + WAITING);
  private final SerialTasks turns = new SerialTasks();

  /** What a scan does with the letter that it shows, and whether it goes on. */
  enum Verdict {
    KEEP,
    KEEP_AND_STOP,
    REMOVE_AND_STOP
  }

  /**
   * @param connection to purge on, which the Vert.x client can't do; null while it is not open
   */
  DeadLetterScanner(Vertx vertx, AdminClient admin, Supplier<@Nullable Connection> connection) {
    this.vertx = vertx;
    this.admin = admin;
    this.connection = connection;
  }

  /**
   * Shows letters to {@code visitor}, one at a time, in any order, on one context. If it fails, so
   * does the scan, and nothing is removed.
   *
   * @return how many letters there are afterwards, about
   */
  Future<Long> scan(String queue, Function<DeadLetter, Future<Verdict>> visitor) {
    return exclusively(queue, client -> new Scan(client, queue, visitor).run());
  }

  /** Deletes all letters, those beyond the window too; returns how many. */
  Future<Long> purge(String queue) {
    return exclusively(queue, client -> vertx.executeBlocking(() -> purgeNow(queue), false));
  }

  private Long purgeNow(String queue) throws Exception {
    Connection now = connection.get();
    if (now == null) {
      throw new BrokerUnavailable("RabbitMQ is not connected now");
    }
    try (Channel channel = now.createChannel()) {
      return (long) channel.queuePurge(queue).getMessageCount();
    }
  }

  /**
   * Keeps other nodes out with an exclusive queue, which RabbitMQ gives to one connection and
   * deletes with it; keeps this node's other scans out by taking turns.
   */
  private <T> Future<T> exclusively(String queue, Function<RabbitMQClient, Future<T>> work) {
    if (!calls.take()) {
      return Contexts.failed(
          vertx, new BrokerUnavailable("Too many look through dead letters now. Try again later."));
    }
    String lock = queue + ".look";
    return admin
        .call(
            "look through " + queue,
            client ->
                turns.run(
                    () ->
                        bounded(() -> client.queueDeclare(lock, false, true, true))
                            .recover(DeadLetterScanner::locked)
                            .compose(
                                v ->
                                    work.apply(client)
                                        .eventually(
                                            () -> bounded(() -> client.queueDelete(lock))))))
        .onComplete(ended -> calls.giveBack());
  }

  private static <T> Future<T> locked(Throwable failure) {
    return Future.failedFuture(
        AmqpErrors.closedChannel(failure, AMQP.RESOURCE_LOCKED)
            ? new BrokerUnavailable(
                "Somebody else looks through these dead letters now. Try again.")
            : failure);
  }

  /** One scan, while the lock is held. */
  static final class Scan {
    private final RabbitMQClient client;
    private final String queue;
    private final Function<DeadLetter, Future<Verdict>> visitor;
    private final Promise<Long> done = Promise.promise();
    private final long deadline = System.nanoTime() + LIMIT.toNanos();
    private int taken;
    private long lastTag;
    private long kept;
    private long behind;

    Scan(RabbitMQClient client, String queue, Function<DeadLetter, Future<Verdict>> visitor) {
      this.client = client;
      this.queue = queue;
      this.visitor = visitor;
    }

    Future<Long> run() {
      next();
      return done.future().eventually(this::giveBack);
    }

    /** A loop, where {@code compose} would keep a future for each letter. */
    private void next() {
      if (taken == DeadLetters.WINDOW) {
        done.complete(kept + behind);
      } else if (System.nanoTime() - deadline > 0) {
        done.fail("it took longer than " + LIMIT.toSeconds() + " s");
      } else {
        bounded(() -> client.basicGet(queue, false))
            .compose(this::visit)
            .onComplete(
                more -> {
                  if (more) {
                    next();
                  } else {
                    done.complete(kept + behind);
                  }
                },
                done::fail);
      }
    }

    private Future<Boolean> visit(@Nullable RabbitMQMessage got) {
      if (got == null) {
        behind = 0;
        return Future.succeededFuture(false);
      }
      long tag = got.envelope().getDeliveryTag();
      if (taken++ > 0 && tag != lastTag + 1) {
        // What was taken before is back in the queue, and this would be shown twice.
        return Future.failedFuture("the channel was lost meanwhile");
      }
      lastTag = tag;
      behind = got.messageCount();
      return visitor
          .apply(DeadLetterHeaders.read(got.properties(), got.body().getBytes()))
          .compose(
              verdict -> {
                if (verdict == Verdict.REMOVE_AND_STOP) {
                  return bounded(() -> client.basicAck(tag, false)).map(false);
                }
                kept++;
                return Future.succeededFuture(verdict == Verdict.KEEP);
              });
    }

    private Future<Void> giveBack() {
      return taken == 0
          ? Future.succeededFuture()
          : bounded(() -> client.basicNack(0, true, true)); // 0: all that the channel holds.
    }
  }
}
