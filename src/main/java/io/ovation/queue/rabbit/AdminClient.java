package io.ovation.queue.rabbit;

import com.rabbitmq.client.AMQP;
import io.ovation.async.Backoff;
import io.ovation.async.Futures;
import io.ovation.config.Config;
import io.ovation.queue.BrokerUnavailable;
import io.ovation.vertx.Contexts;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.rabbitmq.RabbitMQClient;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The connection for everything but publishing and consuming: declares, depths, dead letters. It is
 * a {@link RabbitMQClient}, which reconnects by itself, for ever; this class then declares all
 * queues again. Methods may be called from any thread; futures complete on the caller's context and
 * fail with {@link BrokerUnavailable}.
 *
 * <p>All calls share one channel. When an error closes it, the client opens another one, in which
 * the delivery tags begin again.
 */
final class AdminClient {
  private static final Logger log = LoggerFactory.getLogger(AdminClient.class);

  /** Declaring a new quorum queue elects a leader, which takes some seconds on a busy broker. */
  private static final long RPC_TIMEOUT_SECONDS = 15;

  private static final long CLOSE_TIMEOUT_SECONDS = 5;

  private final Vertx vertx;
  private final Config.Rabbitmq config;
  private final Topology topology;
  private final Backoff backoff;

  /** A worker's, because the client opens its next channel on the thread that calls it. */
  private final Context context;

  private final RabbitMQClient client;
  private final SerialTasks declares = new SerialTasks();
  private volatile boolean closed;

  AdminClient(Vertx vertx, Config.Rabbitmq config, Topology topology, Backoff backoff) {
    this.vertx = vertx;
    this.config = config;
    this.topology = topology;
    this.backoff = backoff;
    this.context = Contexts.newWorker(vertx);
    this.client = RabbitMQClient.create(vertx, ConnectionFactories.clientOptions(config));
    client.addConnectionEstablishedCallback(
        established -> {
          established.complete();
          context.runOnContext(v -> connected());
        });
  }

  /** Completes when it is connected, which it attempts without an end. */
  Future<Void> start() {
    return call("connect", RabbitMQClient::start);
  }

  private void connected() {
    if (closed) {
      client.stop(); // A reconnect that was under way outlives the first stop.
      return;
    }
    topology.forgetDeclared();
    declareMissing().onFailure(e -> log.error("After a reconnect to RabbitMQ: {}", e.getMessage()));
  }

  /** Whether the connection is open at the moment. */
  boolean isConnected() {
    return client.isConnected();
  }

  /**
   * Declares the queues of the topology that this connection has not declared yet. Retries until
   * {@code rabbitmq.reconnect_limit} has passed: a broker that just started may need a while to
   * elect the leaders of its queues.
   */
  Future<Void> declareMissing() {
    long deadline = System.nanoTime() + config.reconnectLimit().toNanos();
    return call(
        "declare queues", client -> declares.run(() -> declareMissing(client, deadline, 1)));
  }

  private Future<Void> declareMissing(RabbitMQClient client, long deadline, int attempt) {
    return topology
        .declareMissing(client)
        .recover(
            e -> {
              if (closed
                  || System.nanoTime() - deadline > 0
                  || AmqpErrors.closedChannel(e, AMQP.PRECONDITION_FAILED)) {
                return Future.failedFuture(e);
              }
              log.warn("Can't declare queues yet: {}", AmqpErrors.describe(e));
              return vertx
                  .timer(backoff.pauseMs(attempt), TimeUnit.MILLISECONDS)
                  .compose(v -> declareMissing(client, deadline, attempt + 1));
            });
  }

  /**
   * Runs {@code task} on the context of the client. Each call it makes of the client goes through
   * {@link #bounded}.
   *
   * @param what for the message of a failure: "Can't …"
   */
  <T> Future<T> call(String what, Function<RabbitMQClient, Future<T>> task) {
    Promise<T> done = Contexts.promise(vertx);
    context.runOnContext(v -> Futures.attempt(() -> task.apply(client)).onComplete(done));
    return done.future()
        .recover(
            e ->
                Future.failedFuture(
                    e instanceof BrokerUnavailable || e instanceof IllegalStateException
                        ? e
                        : new BrokerUnavailable("Can't " + what + ": " + AmqpErrors.describe(e))));
  }

  /**
   * One call of the client, with an end: the client itself waits up to ten minutes. It throws what
   * it can't do at once, which fails the future here.
   */
  static <T> Future<T> bounded(Supplier<Future<T>> rpc) {
    return Futures.attempt(rpc).timeout(RPC_TIMEOUT_SECONDS, TimeUnit.SECONDS);
  }

  /** Runs {@code task} every {@code seconds}, after a first second; not while it runs already. */
  void every(long seconds, Function<RabbitMQClient, Future<Void>> task) {
    boolean[] running = {false};
    context.runOnContext(
        v ->
            vertx.setPeriodic(
                1_000,
                TimeUnit.SECONDS.toMillis(seconds),
                timer -> {
                  if (closed) {
                    vertx.cancelTimer(timer);
                  } else if (!running[0]) {
                    running[0] = true;
                    Futures.attempt(() -> task.apply(client))
                        .onComplete(ended -> running[0] = false);
                  }
                }));
  }

  /** Completes within 5 s, whatever RabbitMQ does. */
  Future<Void> close() {
    closed = true;
    return call("disconnect", RabbitMQClient::stop)
        .timeout(CLOSE_TIMEOUT_SECONDS, TimeUnit.SECONDS)
        .otherwiseEmpty();
  }
}
