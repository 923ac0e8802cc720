package io.ovation.testkit;

import io.vertx.core.Context;
import io.vertx.core.Handler;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.EventBus;
import io.vertx.core.eventbus.Message;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A {@link Vertx} on the test's own thread: timers fire when the test lets time pass, tasks of the
 * context run then too, and what is sent on the event bus waits for the test to answer it. Other
 * methods are not supported.
 */
public final class VirtualVertx {
  private final Map<Long, Timer> timers = new HashMap<>();
  private final Deque<Handler<Void>> tasks = new ArrayDeque<>();
  private final List<Sent> sent = new ArrayList<>();
  private final EventBus bus = proxy(EventBus.class, this::onBus);
  private final Vertx vertx = proxy(Vertx.class, this::onVertx);

  private final Context context = proxy(Context.class, this::onContext);
  private boolean running;
  private @Nullable Object nextAnswer;
  private long nowMs;
  private long timerId;

  private record Timer(long id, long atMs, Handler<Long> handler) {}

  /** A message on the bus. */
  public record Sent(String address, Object body, Promise<Message<Object>> reply) {
    public void answer(Object answer) {
      reply.complete(proxy(Message.class, (proxy, method, arguments) -> answer));
    }

    public void fail() {
      reply.fail("no answer");
    }

    public void fail(Throwable cause) {
      reply.fail(cause);
    }
  }

  public Vertx vertx() {
    return vertx;
  }

  /** A context whose tasks run at once, unless one of them is running. */
  public Context context() {
    return context;
  }

  public long nanoTime() {
    return TimeUnit.MILLISECONDS.toNanos(nowMs);
  }

  /** Milliseconds since the test began. */
  public long now() {
    return nowMs;
  }

  /** Runs what is due until {@code ms} have passed, in order. */
  public void pass(long ms) {
    long end = nowMs + ms;
    runTasks();
    for (Timer next = next(end); next != null; next = next(end)) {
      timers.remove(next.id());
      nowMs = next.atMs();
      next.handler().handle(next.id());
      runTasks();
    }
    nowMs = end;
  }

  @SuppressWarnings("unchecked")
  private @Nullable Object onContext(Object proxy, Method method, Object[] arguments) {
    tasks.add((Handler<Void>) arguments[0]);
    if (!running) {
      running = true;
      runTasks();
      running = false;
    }
    return null;
  }

  private void runTasks() {
    while (!tasks.isEmpty()) {
      tasks.remove().handle(null);
    }
  }

  private @Nullable Timer next(long end) {
    return timers.values().stream()
        .filter(timer -> timer.atMs() <= end)
        .min(
            (a, b) ->
                a.atMs() == b.atMs()
                    ? Long.compare(a.id(), b.id())
                    : Long.compare(a.atMs(), b.atMs()))
        .orElse(null);
  }

  /** Removes and returns the messages of a type sent since the last call, in order. */
  public List<Sent> take(Class<?> type) {
    List<Sent> taken = sent.stream().filter(s -> type.isInstance(s.body())).toList();
    sent.removeAll(taken);
    return taken;
  }

  /** Removes and returns the messages to an address sent since the last call, in order. */
  public List<Sent> takeSentTo(String address) {
    List<Sent> taken = sent.stream().filter(s -> s.address().equals(address)).toList();
    sent.removeAll(taken);
    return taken;
  }

  /** Removes and returns the oldest message of a type; there must be one. */
  public Sent next(Class<?> type) {
    Sent next =
        sent.stream()
            .filter(s -> type.isInstance(s.body()))
            .findFirst()
            .orElseThrow(() -> new AssertionError("no " + type.getSimpleName() + " in " + sent()));
    sent.remove(next);
    return next;
  }

  /** The messages that the test has not taken, in order. */
  public List<Object> sent() {
    return sent.stream().map(Sent::body).toList();
  }

  /** A message to a consumer; its replies are added to {@code replies}. */
  @SuppressWarnings("unchecked")
  public static Message<Object> message(Object body, List<Object> replies) {
    return proxy(
        Message.class,
        (proxy, method, arguments) -> {
          if (method.getName().equals("body")) {
            return body;
          }
          replies.add(arguments[0]);
          return null;
        });
  }

  /** Answers the next request within the call that sends it. */
  public void answerNext(Object answer) {
    nextAnswer = answer;
  }

  @SuppressWarnings("unchecked")
  private @Nullable Object onVertx(Object proxy, Method method, Object[] arguments) {
    switch (method.getName()) {
      case "setTimer" -> {
        long id = ++timerId;
        timers.put(id, new Timer(id, nowMs + (long) arguments[0], (Handler<Long>) arguments[1]));
        return id;
      }
      case "setPeriodic" -> {
        long every = (long) arguments[0];
        repeat(every, (Handler<Long>) arguments[1]);
        return timerId;
      }
      case "cancelTimer" -> {
        return timers.remove((Long) arguments[0]) != null;
      }
      case "runOnContext" -> {
        tasks.add((Handler<Void>) arguments[0]);
        return null;
      }
      case "eventBus" -> {
        return bus;
      }
      default -> throw new UnsupportedOperationException(method.toString());
    }
  }

  /** A periodic timer; no test cancels one. */
  private void repeat(long everyMs, Handler<Long> handler) {
    long id = ++timerId;
    Handler<Long> again =
        t -> {
          handler.handle(t);
          repeat(everyMs, handler);
        };
    timers.put(id, new Timer(id, nowMs + everyMs, again));
  }

  private @Nullable Object onBus(Object proxy, Method method, Object[] arguments) {
    if (method.getName().equals("consumer")) {
      return null; // What the test sends, it sends to the handler itself.
    }
    Promise<Message<Object>> reply = Promise.promise();
    Sent message = new Sent((String) arguments[0], arguments[1], reply);
    sent.add(message);
    if (nextAnswer != null) {
      message.answer(nextAnswer);
      nextAnswer = null;
    }
    return switch (method.getName()) {
      case "request" -> reply.future();
      case "send" -> bus;
      default -> throw new UnsupportedOperationException(method.toString());
    };
  }

  private static <T> T proxy(Class<T> type, InvocationHandler handler) {
    return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
  }
}
