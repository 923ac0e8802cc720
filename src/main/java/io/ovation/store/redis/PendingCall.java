package io.ovation.store.redis;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.redis.client.RedisConnection;
import io.vertx.redis.client.Response;
import java.util.function.Function;

/** One operation on its way; touched on the link's context only. */
final class PendingCall {
  final Function<RedisConnection, Future<Response>> work;
  private final Promise<Response> promise;
  boolean sent;
  long timer;

  PendingCall(Function<RedisConnection, Future<Response>> work, Promise<Response> promise) {
    this.work = work;
    this.promise = promise;
  }

  boolean settled() {
    return promise.future().isComplete();
  }

  /** False if it was settled before, by its timeout. */
  boolean fail(Throwable failure) {
    return promise.tryFail(failure);
  }

  boolean succeed(Response response) {
    return promise.tryComplete(response);
  }
}
