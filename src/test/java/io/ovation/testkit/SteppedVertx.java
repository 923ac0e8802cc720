package io.ovation.testkit;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.EventBus;
import io.vertx.core.eventbus.Message;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A Vert.x of one context on the test's own thread: timers fire when the test advances the time,
 * and messages to the event bus are answered by the test. Has only what tests use so far.
 */
public final class SteppedVertx {
  private final PriorityQueue<Timer> timers =
      new PriorityQueue<>(Comparator.comparingLong(Timer::at).thenComparingLong(Timer::id));
  private final Deque<Runnable> tasks = new ArrayDeque<>();
  private final List<Sent> sent = new ArrayList<>();
  private final EventBus bus =
      proxy(
          EventBus.class,
          (bus, method, args) ->
              switch (method.getName()) {
                case "send", "request" -> send((String) args[0], args[1], method.getReturnType());
                default -> throw new UnsupportedOperationException(method.toString());
              });
  private final Context context =
      proxy(
          Context.class,
          (context, method, args) -> {
            runOnContext(handler(args[0]));
            return null;
          });
  private final Vertx vertx =
      proxy(
          Vertx.class,
          (vertx, method, args) ->
              switch (method.getName()) {
                case "setTimer" -> setTimer((Long) args[0], handler(args[1]));
                case "cancelTimer" -> timers.removeIf(timer -> timer.id == (Long) args[0]);
                case "eventBus" -> bus();
                default -> throw new UnsupportedOperationException(method.toString());
              });
  private long nowMs = 1_000_000;
  private long ids;
  private boolean running;

  private record Timer(long id, long at, Handler<Long> handler) {}

  /** A message that was sent to the event bus. */
  public record Sent(String address, Object body, Promise<Message<Object>> answer) {
    public void reply(Object reply) {
      answer.complete(message(reply, new ArrayList<>()));
    }

    public void fail() {
      answer.fail("no answer in time");
    }
  }

  public Vertx vertx() {
    return vertx;
  }

  public Context context() {
    return context;
  }

  public long nanoTime() {
    return TimeUnit.MILLISECONDS.toNanos(nowMs);
  }

  /** Fires the timers that become due, each at its own time. */
  public void advance(long ms) {
    long end = nowMs + ms;
    while (!timers.isEmpty() && timers.element().at <= end) {
      Timer timer = timers.remove();
      nowMs = timer.at;
      timer.handler.handle(timer.id);
    }
    nowMs = end;
  }

  /** Removes and returns the oldest message of this type; fails if there is none. */
  public Sent next(Class<?> type) {
    for (Sent message : sent) {
      if (type.isInstance(message.body)) {
        sent.remove(message);
        return message;
      }
    }
    throw new AssertionError("no " + type.getSimpleName() + " was sent; " + sent);
  }

  /** The messages that {@link #next} has not returned. */
  public List<Object> sent() {
    return sent.stream().map(Sent::body).toList();
  }

  /** An incoming message whose replies are added to {@code replies}. */
  @SuppressWarnings("unchecked")
  public static Message<Object> message(Object body, List<Object> replies) {
    return proxy(
        Message.class,
        (message, method, args) ->
            switch (method.getName()) {
              case "body" -> body;
              case "reply" -> {
                replies.add(args[0]);
                yield null;
              }
              default -> throw new UnsupportedOperationException(method.toString());
            });
  }

  private EventBus bus() {
    return bus;
  }

  private Object send(String address, Object body, Class<?> returned) {
    Sent message = new Sent(address, body, Promise.promise());
    sent.add(message);
    return returned == Future.class ? message.answer.future() : bus;
  }

  private long setTimer(long delay, Handler<Long> handler) {
    timers.add(new Timer(++ids, nowMs + delay, handler));
    return ids;
  }

  private void runOnContext(Handler<@Nullable Void> task) {
    tasks.add(() -> task.handle(null));
    if (!running) {
      running = true;
      try {
        while (!tasks.isEmpty()) {
          tasks.remove().run();
        }
      } finally {
        running = false;
      }
    }
  }

  @SuppressWarnings("unchecked")
  private static <T> Handler<T> handler(Object handler) {
    return (Handler<T>) handler;
  }

  private static <T> T proxy(Class<T> type, InvocationHandler handler) {
    return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
  }
}
