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
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The connection for everything but publishing and consuming: declares, depths, dead letters. It is
 * a {@link RabbitMQClient}, which reconnects by itself, for ever; this class then declares all
 * queues again. Tasks run on one thread of this class, one after the other, and may block. Methods
 * may be called from any thread; futures complete on the caller's context and fail with {@link
 * BrokerUnavailable}.
 *
 * <p>All calls share one channel, and one call is made at a time: an error closes the channel, and
 * a call that waited for another one's answer then would never have its own (amqp-client 5 sends it
 * on the closed channel). The client opens another channel, in which the delivery tags begin again.
 * When a call has no answer, the whole connection is replaced, for the client would wait on.
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
  private final AtomicBoolean replacing = new AtomicBoolean();
  private final ScheduledExecutorService calls =
      ConnectionFactories.singleThread("ovation-rabbit-admin");
  private final Consumer<Throwable> limitReached;

  private volatile boolean closing;

  /** When it was last seen connected, or started. On the thread of the calls. */
  private long connectedAt;

  /** May block, but not for ever: each call it makes of the client goes through {@link #await}. */
  interface Task<T extends @Nullable Object> {
    /** Throws each {@link NoAnswer} on. */
    T run(RabbitMQClient client) throws Exception;
  }

  /** A call that RabbitMQ did not answer in time; the client still waits for it. */
  static final class NoAnswer extends IOException {
    private NoAnswer() {
      super("no answer within " + RPC_TIMEOUT_SECONDS + " s");
    }
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
    if (closing) {
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
    Promise<Void> done = Contexts.promise(vertx);
    long deadline = System.nanoTime() + config.reconnectLimit().toNanos();
    declare(1, 0, deadline, done);
    return done.future();
  }

  private void declare(int attempt, long pauseMs, long deadline, Promise<Void> done) {
    Promise<Void> attempted = Promise.promise();
    execute("declare queues", pauseMs, this::declareOnce, attempted);
    attempted
        .future()
        .onComplete(
            done::complete,
            e -> {
              if (closing || e instanceof ConfigException || System.nanoTime() - deadline > 0) {
                done.fail(e);
              } else {
                log.warn("{}; retrying", e.getMessage());
                declare(attempt + 1, backoff.pauseMs(attempt), deadline, done);
              }
            });
  }

  private Void declareOnce(RabbitMQClient client) throws Exception {
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
      throw e;
    }
  }

  /**
   * Runs {@code task} after those passed here before.
   *
   * @param what for the message of a failure: "Can't …"
   */
  <T extends @Nullable Object> Future<T> call(String what, Task<T> task) {
    Promise<T> done = Contexts.promise(vertx);
    execute(what, 0, task, done);
    return done.future();
  }

  private <T extends @Nullable Object> void execute(
      String what, long pauseMs, Task<T> task, Promise<T> done) {
    try {
      calls.schedule(() -> run(what, task, done), pauseMs, TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException stopped) {
      done.fail(new BrokerUnavailable("Can't " + what + ": stopping"));
    }
  }

  private <T extends @Nullable Object> void run(String what, Task<T> task, Promise<T> done) {
    try {
      done.complete(task.run(client));
    } catch (BrokerUnavailable | ConfigException | IllegalStateException e) {
      done.fail(e);
    } catch (Throwable e) { // Whatever it is, the thread goes on and the caller has an answer.
      if (e instanceof NoAnswer) {
        replaceConnection();
      }
      done.fail(new BrokerUnavailable("Can't " + what + ": " + AmqpErrors.describe(e)));
    }
  }

  private void replaceConnection() {
    if (replacing.compareAndSet(false, true)) {
      log.warn("RabbitMQ does not answer on the connection for declaring queues; replacing it");
      client.stop().eventually(client::start).onComplete(v -> replacing.set(false));
    }
  }

  /** Waits for one call of the client, with an end: the client itself waits up to ten minutes. */
  static <T extends @Nullable Object> T await(Future<T> call) throws Exception {
    try {
      return call.toCompletionStage()
          .toCompletableFuture()
          .get(RPC_TIMEOUT_SECONDS, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      throw new NoAnswer();
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
    closing = true;
    calls.shutdown();
    return client.stop().timeout(CLOSE_TIMEOUT_SECONDS, TimeUnit.SECONDS).otherwiseEmpty();
  }
}
