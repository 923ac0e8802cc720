package io.ovation.queue.rabbit;

import com.rabbitmq.client.AMQP;
import io.ovation.async.Backoff;
import io.ovation.config.Config;
import io.ovation.config.ConfigException;
import io.ovation.queue.BrokerUnavailable;
import io.ovation.vertx.Contexts;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.rabbitmq.RabbitMQClient;
import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The connection for everything but publishing and consuming: declares, depths, dead letters. It is
 * a {@link RabbitMQClient}, which reconnects by itself, for ever; this class then declares all
 * queues again. Tasks run on two threads of this class, one at a time on each, and may block.
 * Methods may be called from any thread; futures complete on the caller's context and fail with
 * {@link BrokerUnavailable}.
 *
 * <p>All calls share one channel. When an error closes it, the client opens another one, in which
 * the delivery tags begin again.
 */
final class AdminClient {
  private static final Logger log = LoggerFactory.getLogger(AdminClient.class);

  /** Declaring a new quorum queue elects a leader, which takes some seconds on a busy broker. */
  private static final long RPC_TIMEOUT_SECONDS = 15;

  private static final long CLOSE_TIMEOUT_SECONDS = 5;
  private static final long CHECK_SECONDS = 1;

  private final Vertx vertx;
  private final Config.Rabbitmq config;
  private final Topology topology;
  private final Backoff backoff;
  private final RabbitMQClient client;
  private final ScheduledExecutorService declares =
      ConnectionFactories.singleThread("ovation-rabbit-declares");
  private final ScheduledExecutorService calls =
      ConnectionFactories.singleThread("ovation-rabbit-admin");
  private final CountDownLatch closing = new CountDownLatch(1);
  private final Consumer<Throwable> limitReached;

  /** When it was last seen connected, or started. On the thread of the calls. */
  private long connectedAt;

  /** May block, but not for ever: each call it makes of the client goes through {@link #await}. */
  interface Task<T extends @Nullable Object> {
    T run(RabbitMQClient client) throws Exception;
  }

  /**
   * @param limitReached called, maybe often, once the connection is lost for {@code
   *     rabbitmq.reconnect_limit}
   */
  AdminClient(
      Vertx vertx,
      Config.Rabbitmq config,
      Topology topology,
      Backoff backoff,
      Consumer<Throwable> limitReached) {
    this.vertx = vertx;
    this.config = config;
    this.topology = topology;
    this.backoff = backoff;
    this.limitReached = limitReached;
    this.client = RabbitMQClient.create(vertx, ConnectionFactories.clientOptions(config));
    client.addConnectionEstablishedCallback(
        established -> {
          established.complete();
          connected();
        });
  }

  /** Completes when it is connected. */
  Future<Void> start() {
    connectedAt = System.nanoTime();
    every(CHECK_SECONDS, client -> checkConnection());
    return client.start();
  }

  private Void checkConnection() {
    long now = System.nanoTime();
    if (isConnected()) {
      connectedAt = now;
    } else if (now - connectedAt > config.reconnectLimit().toNanos()) {
      limitReached.accept(
          new BrokerUnavailable(
              "RabbitMQ's connection for declaring queues was lost for more than "
                  + config.reconnectLimit().toSeconds()
                  + " s. Check the limits of its user and vhost."));
    }
    return null;
  }

  private void connected() {
    if (closing.getCount() == 0) {
      client.stop(); // A reconnect that was under way outlives the first stop.
      return;
    }
    topology.forgetDeclared();
    declareMissing().onFailure(e -> log.error("After a reconnect to RabbitMQ: {}", e.getMessage()));
  }

  boolean isConnected() {
    return client.isConnected();
  }

  /**
   * Declares the queues of the topology that this connection has not declared yet. Retries until
   * {@code rabbitmq.reconnect_limit} has passed: a broker that just started may need a while to
   * elect the leaders of its queues.
   */
  Future<Void> declareMissing() {
    return run(declares, "declare queues", this::declareWithRetries);
  }

  private Void declareWithRetries(RabbitMQClient client) throws Exception {
    long deadline = System.nanoTime() + config.reconnectLimit().toNanos();
    for (int attempt = 1; ; attempt++) {
      try {
        topology.declareMissing(client);
        return null;
      } catch (Exception e) {
        if (AmqpErrors.closedChannel(e, AMQP.PRECONDITION_FAILED)) {
          throw new ConfigException(
              "RabbitMQ has a queue or exchange of this name that somebody else declared with other"
                  + " arguments (%s). Delete it once it is empty, or use another vhost."
                      .formatted(AmqpErrors.describe(e)));
        }
        if (AmqpErrors.closedChannel(e, AMQP.ACCESS_REFUSED)) {
          throw new ConfigException(
              "The user of OVATION_RABBITMQ_URI may not declare queues (%s). Grant it: rabbitmqctl set_permissions -p <vhost> <user> '.*' '.*' '.*'"
                  .formatted(AmqpErrors.describe(e)));
        }
        if (System.nanoTime() - deadline > 0) {
          throw e;
        }
        log.warn("Can't declare queues yet: {}", AmqpErrors.describe(e));
        if (closing.await(backoff.pauseMs(attempt), TimeUnit.MILLISECONDS)) {
          throw e;
        }
      }
    }
  }

  /**
   * Runs {@code task} after those passed here before.
   *
   * @param what for the message of a failure: "Can't …"
   */
  <T extends @Nullable Object> Future<T> call(String what, Task<T> task) {
    return run(calls, what, task);
  }

  private <T extends @Nullable Object> Future<T> run(
      ScheduledExecutorService thread, String what, Task<T> task) {
    Promise<T> done = Contexts.promise(vertx);
    try {
      thread.execute(() -> run(what, task, done));
    } catch (RejectedExecutionException stopped) {
      done.fail(new BrokerUnavailable("Can't " + what + ": stopping"));
    }
    return done.future();
  }

  private <T extends @Nullable Object> void run(String what, Task<T> task, Promise<T> done) {
    try {
      done.complete(task.run(client));
    } catch (BrokerUnavailable | ConfigException | IllegalStateException e) {
      done.fail(e);
    } catch (Throwable e) { // Whatever it is, the thread goes on and the caller has an answer.
      done.fail(new BrokerUnavailable("Can't " + what + ": " + AmqpErrors.describe(e)));
    }
  }

  /** Waits for one call of the client, with an end: the client itself waits up to ten minutes. */
  static <T extends @Nullable Object> T await(Future<T> call) throws Exception {
    try {
      return call.toCompletionStage()
          .toCompletableFuture()
          .get(RPC_TIMEOUT_SECONDS, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      throw new IOException("no answer within " + RPC_TIMEOUT_SECONDS + " s");
    } catch (ExecutionException e) {
      throw e.getCause() instanceof Exception cause ? cause : e;
    }
  }

  /** Runs {@code task} every {@code seconds}, after a first second. */
  void every(long seconds, Task<Void> task) {
    calls.scheduleWithFixedDelay(
        () -> run("refresh", task, Promise.promise()), 1, seconds, TimeUnit.SECONDS);
  }

  /** Completes within 5 s, whatever RabbitMQ does. */
  Future<Void> close() {
    closing.countDown();
    declares.shutdown();
    calls.shutdown();
    return client.stop().timeout(CLOSE_TIMEOUT_SECONDS, TimeUnit.SECONDS).otherwiseEmpty();
  }
}
