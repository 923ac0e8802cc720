package io.ovation.store;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;

/** A store that completes each call only when the test says so. One thread. */
public final class SteppedStore {
  private final List<Call> pending = new ArrayList<>();
  private final LastSeenIndex sightings = proxy(LastSeenIndex.class, this::call);
  private final Store store =
      proxy(Store.class, (name, args) -> name.equals("sightings") ? sightings() : call(name, args));

  /** A call that waits for its answer. */
  public record Call(String method, List<Object> args, Promise<Object> promise) {
    public void answer(Object result) {
      promise.complete(result);
    }

    /** As when the store does not answer in time. */
    public void fail() {
      promise.fail(new StoreUnavailable("scripted"));
    }

    public void fail(Throwable cause) {
      promise.fail(cause);
    }
  }

  private interface Method {
    Object invoke(String name, List<Object> args);
  }

  public Store store() {
    return store;
  }

  /** Removes and returns the oldest pending call of this method; fails if there is none. */
  public Call next(String method) {
    for (Call call : pending) {
      if (call.method.equals(method)) {
        pending.remove(call);
        return call;
      }
    }
    throw new AssertionError("no pending call of " + method + "; " + pending);
  }

  /** The calls that {@link #next} has not returned. */
  public List<Call> pending() {
    return List.copyOf(pending);
  }

  private LastSeenIndex sightings() {
    return sightings;
  }

  private Future<Object> call(String method, List<Object> args) {
    Call call = new Call(method, args, Promise.promise());
    pending.add(call);
    return call.promise.future();
  }

  private static <T> T proxy(Class<T> type, Method method) {
    InvocationHandler handler =
        (proxy, called, args) ->
            method.invoke(called.getName(), args == null ? List.of() : List.of(args));
    return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
  }
}
