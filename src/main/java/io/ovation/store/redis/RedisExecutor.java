package io.ovation.store.redis;

import io.ovation.async.InFlightLimiter;
import io.ovation.config.Config;
import io.ovation.metrics.Metrics;
import io.ovation.store.StoreRefused;
import io.ovation.store.StoreUnavailable;
import io.ovation.vertx.Contexts;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.RedisConnection;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.nio.channels.ClosedChannelException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs calls on Redis with a bounded number of connections, a bounded number of pending calls, and
 * a timeout for each. A connection is borrowed from a pool for one pipeline of calls.
 *
 * <p>Calls queue here and not in the pool, because a call that times out here is never sent. During
 * an outage only probes are sent.
 */
final class RedisExecutor {
  /**
   * Calls in one pipeline: enough to share a sync of Redis's file, few beside its queue of 2,048.
   */
  private static final int PIPELINE = 64;

  /** One in four of the calls in flight is reserved for those that are sent first. */
  private static final int RESERVED = 4;

  /** Between questions to the Sentinels during an outage, beside those of the probes. */
  private static final long LOCATE_MS = 1_000;

  private static final String CLOSED = "The store is closed.";
  private static final Logger log = LoggerFactory.getLogger(RedisExecutor.class);

  private final Vertx vertx;
  private final Context context;
  private final RedisPrimary primary;
  private final Config.Redis config;
  private final RedisOutageMonitor outage;
  private final InFlightLimiter inFlight;

  /** Of these the calls that are not sent first; the rest is reserved. */
  private final InFlightLimiter others;

  private final Promise<Void> reached;

  // The fields below are confined to the context.
  private final Set<PendingCall> first = new LinkedHashSet<>();
  private final Set<PendingCall> queue = new LinkedHashSet<>();
  private int borrowed;
  private int connecting;
  private boolean closed;

  private static final class PendingCall {
    final Function<RedisConnection, Future<Response>> work;
    final boolean first;
    final Promise<Response> promise;
    boolean sent;
    private boolean resent;
    long timer;

    PendingCall(
        Function<RedisConnection, Future<Response>> work,
        boolean first,
        Promise<Response> promise) {
      this.work = work;
      this.first = first;
      this.promise = promise;
    }

    /** True once, while the caller still waits: the call may be sent on another connection. */
    boolean resend() {
      if (resent || promise.future().isComplete()) {
        return false;
      }
      resent = true;
      sent = false;
      return true;
    }
  }

  RedisExecutor(Vertx vertx, Config.Redis config, Metrics metrics, Consumer<Throwable> onLimit) {
    this.vertx = vertx;
    this.config = config;
    this.context = Contexts.newEventLoop(vertx);
    this.primary = new RedisPrimary(vertx, config);
    this.reached = Contexts.promise(vertx);
    this.inFlight = new InFlightLimiter(config.inFlight());
    this.others = new InFlightLimiter(config.inFlight() - config.inFlight() / RESERVED);
    this.outage =
        new RedisOutageMonitor(
            vertx,
            config,
            metrics,
            primary::where,
            this::probe,
            this::recovered,
            failure -> {
              if (!reached.tryFail(failure)) {
                onLimit.accept(failure);
              }
            },
            reached::tryFail);
    metrics.gauge(
        "ovation.store.waiting", "Calls that wait for Redis", inFlight, InFlightLimiter::used);
  }

  /** Completes when Redis answers, fails at the limit. */
  Future<Void> start() {
    context.runOnContext(v -> outage.start());
    // A probe of a primary that froze waits until the Sentinels name another one.
    Contexts.setTimer(context, LOCATE_MS, t -> locate());
    return reached.future();
  }

  private void locate() {
    Future.succeededFuture()
        .compose(v -> outage.unavailable() ? primary.locate() : Future.succeededFuture())
        .onComplete(
            done -> {
              if (!closed) {
                Contexts.setTimer(context, LOCATE_MS, t -> locate());
              }
            });
  }

  /**
   * Runs {@code work} on a connection; any thread. The future completes on the caller's context. It
   * fails with {@link StoreUnavailable} at the timeout, or at once if too many calls are pending.
   */
  Future<Response> call(Function<RedisConnection, Future<Response>> work) {
    return call(work, false);
  }

  Future<Response> call(Command command, Object... args) {
    Request request = Request.cmd(command, args);
    return call(connection -> connection.send(request), false);
  }

  Future<Response> call(LuaScript script, List<String> keys, Object... args) {
    return call(connection -> script.call(connection, keys, List.of(args)), false);
  }

  /**
   * A call that other calls can't keep from being sent: it is sent before those that wait, and may
   * take the share of {@code redis.in_flight} that is reserved for such calls.
   */
  Future<Response> callFirst(LuaScript script, List<String> keys, Object... args) {
    return call(connection -> script.call(connection, keys, List.of(args)), true);
  }

  /**
   * Sent before the calls that wait, as {@link #callFirst}. During an outage it fails at once, with
   * the cause.
   */
  Future<Void> ping() {
    String cause = outage.cause();
    if (outage.unavailable() && !cause.isEmpty()) {
      return Contexts.failed(
          vertx,
          new StoreUnavailable(
              "Redis at " + primary.where() + ": " + cause + "; nothing was sent."));
    }
    return call(connection -> connection.send(Request.cmd(Command.PING)), true).mapEmpty();
  }

  private Future<Response> call(Function<RedisConnection, Future<Response>> work, boolean first) {
    PendingCall call = new PendingCall(work, first, Contexts.promise(vertx));
    if (!take(call)) {
      int limit = (first ? inFlight : others).limit();
      String why = limit + " calls are waiting for Redis (redis.in_flight).";
      return Contexts.failed(vertx, new StoreUnavailable(why));
    }
    context.runOnContext(v -> enqueue(call));
    return call.promise.future();
  }

  private boolean take(PendingCall call) {
    if (!call.first && !others.take()) {
      return false;
    }
    boolean taken = inFlight.take();
    if (!taken && !call.first) {
      others.giveBack();
    }
    return taken;
  }

  /** Fails the queued calls, then closes the connections. */
  Future<Void> close() {
    Promise<Void> promise = Contexts.promise(vertx);
    context.runOnContext(
        v -> {
          closed = true;
          outage.close();
          Set.copyOf(first).forEach(call -> fail(call, CLOSED));
          Set.copyOf(queue).forEach(call -> fail(call, CLOSED));
          primary.close().onComplete(promise);
        });
    return promise.future();
  }

  private void enqueue(PendingCall call) {
    call.timer = vertx.setTimer(config.timeout().toMillis(), t -> timeOut(call));
    if (closed) {
      fail(call, CLOSED);
    } else {
      queueOf(call).add(call);
      sendQueued();
    }
  }

  private Set<PendingCall> queueOf(PendingCall call) {
    return call.first ? first : queue;
  }

  private void recovered() {
    reached.tryComplete();
    sendQueued();
  }

  private void sendQueued() {
    while (!closed
        && !outage.unavailable()
        && borrowed < config.connections()
        && connecting < first.size() + queue.size()) {
      borrowed++;
      connecting++;
      primary.connect().onSuccess(this::pipeline).onFailure(this::notConnected);
    }
  }

  private void notConnected(Throwable failure) {
    borrowed--;
    connecting--;
    outage.failed(RedisFailures.cause(failure));
  }

  /** Sends queued calls as one pipeline; returns the connection after the last answer. */
  private void pipeline(RedisConnection connection) {
    connecting--;
    int[] unanswered = {1};
    List<PendingCall> calls =
        Stream.concat(first.stream(), queue.stream()).limit(PIPELINE).toList();
    for (PendingCall call : calls) {
      queueOf(call).remove(call);
      call.sent = true;
      unanswered[0]++;
      send(call, connection)
          .onSuccess(answer -> answered(call, answer))
          .onFailure(failure -> failed(call, failure))
          .onComplete(done -> release(connection, unanswered));
    }
    release(connection, unanswered);
  }

  /** An exception is the call's own fault, no outage; the connection is returned after it too. */
  @SuppressWarnings("CatchThrowable")
  private static Future<Response> send(PendingCall call, RedisConnection connection) {
    try {
      return call.work.apply(connection);
    } catch (Throwable e) {
      return Future.failedFuture(new StoreRefused("The call could not be sent: " + e));
    }
  }

  private void release(RedisConnection connection, int[] unanswered) {
    if (--unanswered[0] == 0) {
      connection.close();
      borrowed--;
      sendQueued();
    }
  }

  private void answered(PendingCall call, Response answer) {
    if (finish(call)) {
      call.promise.complete(answer);
    }
  }

  private void failed(PendingCall call, Throwable failure) {
    if (failure instanceof ClosedChannelException && call.resend()) {
      // An idle connection closed as it was borrowed: nothing was written.
      queueOf(call).add(call);
      sendQueued();
    } else if (failure instanceof StoreRefused refused) {
      fail(call, refused);
    } else if (RedisFailures.isAnswer(failure)) {
      fail(call, new StoreRefused(RedisFailures.explain(failure)));
    } else {
      outage.failed(RedisFailures.cause(failure));
      fail(call, RedisFailures.explain(failure));
    }
  }

  private void timeOut(PendingCall call) {
    String what = "Redis did not answer within " + config.timeout().toMillis() + " ms";
    if (call.sent) {
      outage.failed(what);
      fail(call, what + "; the write may have taken effect.");
    } else {
      String why = outage.unavailable() ? "Redis is unavailable: " + outage.cause() : what;
      fail(call, why + "; nothing was sent.");
    }
  }

  private void fail(PendingCall call, String message) {
    fail(call, new StoreUnavailable(message));
  }

  private void fail(PendingCall call, StoreUnavailable cause) {
    if (finish(call)) {
      call.promise.fail(cause);
    }
  }

  /** Returns false if the call has been completed before. */
  private boolean finish(PendingCall call) {
    if (call.promise.future().isComplete()) {
      return false;
    }
    queueOf(call).remove(call);
    vertx.cancelTimer(call.timer);
    inFlight.giveBack();
    if (!call.first) {
      others.giveBack();
    }
    return true;
  }

  /** Writes. It waits as long as its connection lives; the pool has an extra one for it. */
  private Future<?> probe() {
    return primary
        .locate()
        .compose(v -> primary.connect())
        .compose(
            connection ->
                LuaScript.PROBE
                    .call(connection, List.of(RedisKeys.PROBE), List.of())
                    .eventually(() -> connection.close()));
  }
}
