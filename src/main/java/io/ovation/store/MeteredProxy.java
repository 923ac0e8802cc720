package io.ovation.store;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Timer;
import io.ovation.metrics.Metrics;
import io.vertx.core.Future;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Times each call of an interface that returns a {@link Future}, and counts its failures. */
public final class MeteredProxy implements InvocationHandler {

  /** The tag {@code op} of methods that it does not name by their own name. */
  private static final Map<String, String> OPS =
      Map.of(
          "takePartition", "take",
          "appendHoles", "hole",
          "lastOffsets", "last",
          "addReactions", "add_reactions",
          "compareAndSet", "compare_and_set");

  private final Object target;
  private final Counter fenced;
  private final Map<String, Op> ops = new HashMap<>();

  private record Op(Timer time, Counter failures) {}

  private MeteredProxy(Class<?> type, Object target, Metrics metrics) {
    this.target = target;
    fenced =
        metrics.counter(
            "ovation.store.fenced", "Writes refused because a newer owner has taken over");
    for (Method method : type.getMethods()) {
      String name = method.getName();
      if (method.getReturnType() == Future.class && !name.equals("close")) {
        String op = OPS.getOrDefault(name, name);
        ops.put(
            name,
            new Op(
                metrics.timer("ovation.store.calls", "Time to the store's answer", "op", op),
                metrics.counter("ovation.store.failures", "Calls the store failed", "op", op)));
      }
    }
  }

  public static <T> T of(Class<T> type, T target, Metrics metrics) {
    InvocationHandler handler = new MeteredProxy(type, target, metrics);
    return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
  }

  @Override
  public @Nullable Object invoke(Object proxy, Method method, @Nullable Object @Nullable [] args)
      throws Throwable {
    long start = System.nanoTime();
    try {
      Object result = method.invoke(target, args);
      Op op = ops.get(method.getName());
      return op != null && result instanceof Future<?> call
          ? call.onComplete(done -> measure(op, start, done.cause()))
          : result;
    } catch (InvocationTargetException e) {
      throw e.getTargetException();
    }
  }

  /** A refused epoch is the store's answer, not its failure. */
  private void measure(Op op, long start, @Nullable Throwable cause) {
    op.time().record(System.nanoTime() - start, TimeUnit.NANOSECONDS);
    if (cause instanceof StaleEpoch) {
      fenced.increment();
    } else if (cause != null) {
      op.failures().increment();
    }
  }
}
