package io.ovation.packages;

import io.ovation.queue.Broker;
import io.ovation.queue.Subscription;
import io.ovation.store.Store;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Ends this process at a step: {@code before}, {@code sent} (called, no answer yet) or {@code
 * after} its n-th occurrence. What it wraps is real.
 *
 * @param step {@code write:<status>}, {@code publish}, {@code delay}, {@code handler}, {@code ack}
 */
record CrashPoint(String step, String when, int nth, AtomicInteger seen) {
  /** The exit code of a process that got there. */
  static final int HIT = 42;

  static CrashPoint of(String step, String when, int nth) {
    return new CrashPoint(step, when, nth, new AtomicInteger());
  }

  /** Runs a step of an answer. */
  <T> Future<T> around(String name, java.util.function.Supplier<Future<T>> call) {
    boolean here = name.equals(step) && seen.incrementAndGet() == nth;
    die(here && when.equals("before"));
    Future<T> answer = call.get();
    die(here && when.equals("sent"));
    return answer.onComplete(v -> die(here && when.equals("after")));
  }

  private static void die(boolean now) {
    if (now) {
      Runtime.getRuntime().halt(HIT);
    }
  }

  Store wrap(Store store) {
    return proxy(
        Store.class,
        (self, method, arguments) -> {
          if (!method.getName().equals("compareAndSet")) {
            return call(store, method, arguments);
          }
          String status = new JsonObject((String) arguments[2]).getString("status");
          return around("write:" + status, () -> future(call(store, method, arguments)));
        });
  }

  Broker wrap(Broker broker) {
    return proxy(
        Broker.class,
        (self, method, arguments) ->
            switch (method.getName()) {
              case "publish" ->
                  around(
                      arguments.length == 2 || arguments[2].equals(Duration.ZERO)
                          ? "publish"
                          : "delay",
                      () -> future(call(broker, method, arguments)));
              case "consume" -> wrap((Subscription) call(broker, method, arguments));
              default -> call(broker, method, arguments);
            });
  }

  private Subscription wrap(Subscription subscription) {
    return proxy(
        Subscription.class,
        (self, method, arguments) -> {
          if (!method.getName().equals("ack")) {
            return call(subscription, method, arguments);
          }
          around(
              "ack",
              () -> {
                call(subscription, method, arguments);
                return Future.succeededFuture();
              });
          return null;
        });
  }

  @SuppressWarnings("unchecked") // as the method says
  private static Future<Object> future(Object answer) {
    return (Future<Object>) answer;
  }

  private static Object call(Object target, Method method, Object[] arguments) {
    try {
      return method.invoke(target, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause() instanceof RuntimeException cause
          ? cause
          : new IllegalStateException(e.getCause());
    } catch (IllegalAccessException e) {
      throw new IllegalStateException(method + Arrays.toString(arguments), e);
    }
  }

  private static <T> T proxy(Class<T> type, InvocationHandler handler) {
    return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
  }
}
