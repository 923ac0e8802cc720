package io.ovation.vertx;

import io.netty.channel.EventLoop;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.PromiseInternal;
import io.vertx.core.internal.VertxInternal;
import io.vertx.core.internal.http.HttpServerRequestInternal;
import org.jspecify.annotations.Nullable;

/**
 * Contexts, and promises and futures bound to them. A promise made here may be completed on any
 * thread; its handlers run on its own context.
 */
public final class Contexts {
  private Contexts() {}

  /** A new context on one of the event loops, in turn. */
  public static Context newEventLoop(Vertx vertx) {
    return ((VertxInternal) vertx).createEventLoopContext();
  }

  /** A new context whose tasks run one at a time on the worker threads, where they may block. */
  public static Context newWorker(Vertx vertx) {
    return ((VertxInternal) vertx).createWorkerContext();
  }

  /** The root context of the caller: a request's own context is a duplicate of it. */
  public static Context callerRoot(Vertx vertx) {
    return ((VertxInternal) vertx).getOrCreateContext().unwrap();
  }

  /** A request's own context, which shares the values of its server's. */
  public static Context of(HttpServerRequest request) {
    return ((HttpServerRequestInternal) request).context();
  }

  /** A promise whose handlers run on the caller's context. */
  public static <T extends @Nullable Object> Promise<T> promise(Vertx vertx) {
    return ((VertxInternal) vertx).getOrCreateContext().promise();
  }

  /** A promise whose handlers run on {@code context}. */
  public static <T extends @Nullable Object> Promise<T> promise(Context context) {
    return ((ContextInternal) context).promise();
  }

  public static Future<Void> succeeded(Vertx vertx) {
    return ((VertxInternal) vertx).getOrCreateContext().succeededFuture();
  }

  public static <T extends @Nullable Object> Future<T> succeeded(Vertx vertx, T result) {
    return ((VertxInternal) vertx).getOrCreateContext().succeededFuture(result);
  }

  public static <T extends @Nullable Object> Future<T> failed(Vertx vertx, Throwable cause) {
    return ((VertxInternal) vertx).getOrCreateContext().failedFuture(cause);
  }

  /**
   * The root context on which the handlers of a promise run.
   *
   * @param promise made by this class
   */
  public static Context rootOf(Promise<?> promise) {
    return ((PromiseInternal<?>) promise).context().unwrap();
  }

  /** A timer whose handler runs on {@code context}; any thread. */
  public static long setTimer(Context context, long ms, Handler<Long> handler) {
    return ((ContextInternal) context).setTimer(ms, handler);
  }

  /** Runs {@code task} now, on the calling thread, with {@code context} as the current one. */
  public static void dispatch(Context context, Runnable task) {
    ((ContextInternal) context).dispatch(task);
  }

  /** A context on the same thread whose local values are its own: one request's. */
  public static Context duplicate(Context context) {
    return ((ContextInternal) context).duplicate();
  }

  /** The value that {@link #setLocal} set on the caller's context; null without one. */
  public static <T> @Nullable T local(Class<T> key) {
    ContextInternal context = ContextInternal.current();
    return context == null ? null : context.getLocal(key);
  }

  /**
   * Sets a value of the caller's context, which must be one request's own.
   *
   * @throws IllegalStateException on a thread without a context, or on one that requests share
   */
  public static <T> void setLocal(Class<T> key, T value) {
    ContextInternal context = ContextInternal.current();
    if (context == null || !context.isDuplicate()) {
      throw new IllegalStateException("a local value belongs to the context of one request");
    }
    context.putLocal(key, value);
  }

  /** The event loop of an event-loop context. */
  public static EventLoop eventLoop(Context context) {
    return ((ContextInternal) context).nettyEventLoop();
  }

  /** How many event loops {@code vertx} has. */
  public static int eventLoops(Vertx vertx) {
    int loops = 0;
    for (Object ignored : ((VertxInternal) vertx).nettyEventLoopGroup()) {
      loops++;
    }
    return loops;
  }
}
