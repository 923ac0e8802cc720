package io.ovation.testkit;

import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import java.lang.reflect.Proxy;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * The timers of a {@link Vertx} in virtual time: they run on the thread that moves the time, in the
 * order of their deadlines. Any other method of {@link #vertx} fails.
 */
public final class VirtualTimers implements InstantSource {
  private final PriorityQueue<Timer> timers =
      new PriorityQueue<>(Comparator.comparingLong(Timer::at).thenComparingLong(Timer::id));
  private long now = 1_000_000;
  private long ids;

  private record Timer(long id, long at, long period, Handler<Long> handler) {}

  /** Supports {@code setTimer}, {@code setPeriodic} and {@code cancelTimer}. */
  public Vertx vertx() {
    return (Vertx)
        Proxy.newProxyInstance(
            Vertx.class.getClassLoader(),
            new Class<?>[] {Vertx.class},
            (proxy, method, arguments) -> call(method.getName(), arguments));
  }

  @SuppressWarnings("unchecked")
  private @Nullable Object call(String method, Object[] arguments) {
    long argument = (Long) arguments[0];
    return switch (method) {
      case "setTimer" -> add(argument, 0, (Handler<Long>) arguments[1]);
      case "setPeriodic" -> add(argument, argument, (Handler<Long>) arguments[1]);
      case "cancelTimer" -> timers.removeIf(timer -> timer.id == argument);
      default -> throw new UnsupportedOperationException(method);
    };
  }

  private long add(long delay, long period, Handler<Long> handler) {
    timers.add(new Timer(++ids, now + delay, period, handler));
    return ids;
  }

  /** Moves the time and runs the timers that are due on the way. */
  public void advance(long ms) {
    long end = now + ms;
    for (Timer next = timers.peek(); next != null && next.at <= end; next = timers.peek()) {
      timers.remove();
      now = next.at;
      if (next.period > 0) {
        timers.add(new Timer(next.id, now + next.period, next.period, next.handler));
      }
      next.handler.handle(next.id);
    }
    now = end;
  }

  /** How many timers are set. */
  public int pending() {
    return timers.size();
  }

  public long millis() {
    return now;
  }

  @Override
  public Instant instant() {
    return Instant.ofEpochMilli(now);
  }
}
