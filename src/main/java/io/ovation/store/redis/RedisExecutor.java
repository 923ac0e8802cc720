package io.ovation.store.redis;

import io.ovation.config.Config;
import io.ovation.metrics.Metrics;
import io.ovation.store.StoreUnavailable;
import io.ovation.vertx.Contexts;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.RedisConnection;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The way to Redis: at most {@code connections} connections, lent by a pool for one round of
 * pipelined calls each; a bounded number of calls; a timeout for every call.
 *
 * <p>Calls wait here and not in the pool, because what waits here is never sent once its timeout
 * has passed. While Redis is away nothing is sent but a probe.
 */
final class RedisExecutor {
  /** Calls of one round: enough to share a sync of Redis's file, few beside its queue of 2,048. */
  private static final int ROUND = 64;

  private static final Logger log = LoggerFactory.getLogger(RedisExecutor.class);

  private final Vertx vertx;
  private final Context context;
  private final Redis redis;
  private final Config.Redis config;
  private final OutageMonitor outage;
  private final AtomicInteger pending = new AtomicInteger();
  private final Promise<Void> reached;

  // All below is touched on the context only.
  private final Set<PendingCall> waiting = new LinkedHashSet<>();
  private int lent;
  private int connecting;
  private boolean closed;

  /**
   * @param giveUp called, on any thread, when Redis stayed away for longer than the limit
   */
  RedisExecutor(Vertx vertx, Config.Redis config, Metrics metrics, Consumer<Throwable> giveUp) {
    this.vertx = vertx;
    this.config = config;
    this.context = Contexts.newEventLoop(vertx);
    this.redis = RedisClientFactory.create(vertx, config);
    this.reached = Contexts.promise(vertx);
    Consumer<Throwable> onLimit =
        failure -> {
          if (!reached.tryFail(failure)) {
            giveUp.accept(failure);
          }
        };
    this.outage =
        new OutageMonitor(
            vertx,
            config,
            metrics,
            RedisClientFactory.where(config),
            this::ping,
            this::back,
            onLimit);
    metrics.gauge(
        "ovation.store.waiting", "Calls that wait for Redis", pending, AtomicInteger::get);
  }

  /** Begins as if in an outage: completes when Redis answers, fails at the limit. */
  Future<Void> start() {
    context.runOnContext(v -> outage.start());
    return reached.future();
  }

  /**
   * Runs {@code work} on a connection of its own; any thread. The answer comes on the caller's
   * context. Fails with {@link StoreUnavailable} at the timeout or if too many wait already.
   */
  Future<Response> call(Function<RedisConnection, Future<Response>> work) {
    Promise<Response> promise = Contexts.promise(vertx);
    if (pending.incrementAndGet() > config.inFlight()) {
      pending.decrementAndGet();
      promise.fail(
          new StoreUnavailable(
              config.inFlight() + " calls wait for Redis already (redis.in_flight)."));
      return promise.future();
    }
    PendingCall call = new PendingCall(work, promise);
    context.runOnContext(v -> accept(call));
    return promise.future();
  }

  Future<Response> call(Request request) {
    return call(connection -> connection.send(request));
  }

  /** Fails what waits, then lets go of the connections. */
  Future<Void> close() {
    Promise<Void> promise = Contexts.promise(vertx);
    context.runOnContext(
        v -> {
          closed = true;
          outage.close();
          for (PendingCall call : Set.copyOf(waiting)) {
            settle(call, new StoreUnavailable("The store is closed."));
          }
          redis.close().onComplete(promise);
        });
    return promise.future();
  }

  private void accept(PendingCall call) {
    if (closed) {
      pending.decrementAndGet();
      call.fail(new StoreUnavailable("The store is closed."));
      return;
    }
    call.timer = vertx.setTimer(config.timeout().toMillis(), t -> timeOut(call));
    waiting.add(call);
    pump();
  }

  private void back() {
    reached.tryComplete();
    pump();
  }

  private void pump() {
    while (!closed
        && !outage.away()
        && lent < config.connections()
        && connecting < waiting.size()) {
      lent++;
      connecting++;
      connect().onSuccess(this::round).onFailure(this::notConnected);
    }
  }

  private void notConnected(Throwable failure) {
    lent--;
    connecting--;
    outage.begin(RedisFailures.text(failure));
  }

  /** Sends what waits, as one pipeline, and gives the connection back after the last answer. */
  private void round(RedisConnection connection) {
    connecting--;
    int[] unanswered = {1};
    Iterator<PendingCall> calls = waiting.iterator();
    for (int n = 0; n < ROUND && calls.hasNext(); n++) {
      PendingCall call = calls.next();
      calls.remove();
      call.sent = true;
      unanswered[0]++;
      call.work
          .apply(connection)
          .onSuccess(answer -> answered(call, answer))
          .onFailure(failure -> failed(call, failure))
          .onComplete(done -> release(connection, unanswered));
    }
    release(connection, unanswered);
  }

  private void release(RedisConnection connection, int[] unanswered) {
    if (--unanswered[0] == 0) {
      connection.close();
      lent--;
      pump();
    }
  }

  private void answered(PendingCall call, Response answer) {
    outage.end();
    if (call.succeed(answer)) {
      finish(call);
    }
  }

  private void failed(PendingCall call, Throwable failure) {
    if (RedisFailures.isAnswer(failure)) {
      outage.end();
    } else {
      outage.begin(RedisFailures.text(failure));
    }
    settle(call, RedisFailures.unavailable(failure));
  }

  private void timeOut(PendingCall call) {
    String what = "Redis did not answer within " + config.timeout().toMillis() + " ms";
    if (call.sent) {
      outage.begin(what);
      settle(call, new StoreUnavailable(what + "; the write may have taken effect."));
    } else {
      settle(call, new StoreUnavailable(what + "; nothing was sent."));
    }
  }

  private void settle(PendingCall call, StoreUnavailable failure) {
    if (call.fail(failure)) {
      finish(call);
    }
  }

  private void finish(PendingCall call) {
    waiting.remove(call);
    vertx.cancelTimer(call.timer);
    pending.decrementAndGet();
  }

  /** What befalls a connection reaches its calls; what befalls an idle one matters to nobody. */
  private Future<RedisConnection> connect() {
    return redis
        .connect()
        .onSuccess(
            connection ->
                connection.exceptionHandler(failure -> log.debug("connection lost", failure)));
  }

  /** A command that waits as long as its connection lives; the pool has one more for it. */
  private Future<?> ping() {
    return connect()
        .compose(
            connection ->
                connection.send(Request.cmd(Command.PING)).eventually(() -> connection.close()));
  }
}
