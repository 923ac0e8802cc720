package io.ovation.dispatch;

import io.ovation.metrics.Metrics;
import io.ovation.store.Store;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether the store is available, for all partitions of a dispatcher. The first partition that
 * waits too long declares it unavailable; it is available again once it answers a ping. Used on the
 * dispatcher's context.
 */
public final class StoreHealth {
  private static final Logger log = LoggerFactory.getLogger(StoreHealth.class);
  private static final long PING_MS = 250;

  private final Vertx vertx;
  private final Store store;
  private final List<Runnable> listeners = new ArrayList<>();
  private volatile boolean unavailable;

  public StoreHealth(Vertx vertx, Store store, Metrics metrics) {
    this.vertx = vertx;
    this.store = store;
    metrics.gauge(
        "ovation.dispatch.store.away",
        "1 while comments are delivered without the store",
        this,
        health -> health.unavailable ? 1 : 0);
  }

  public boolean unavailable() {
    return unavailable;
  }

  /** Calls {@code listener} whenever the store becomes unavailable or available. */
  public void addListener(Runnable listener) {
    listeners.add(listener);
  }

  public void removeListener(Runnable listener) {
    listeners.remove(listener);
  }

  public void declareUnavailable() {
    if (!unavailable) {
      log.warn(
          "the store does not answer: comments are delivered without it, and put into history once"
              + " it does");
      change(true);
      ping();
    }
  }

  private void ping() {
    Future.<Void>future(answer -> store.ping().onComplete(answer))
        .onSuccess(
            v -> {
              log.info("the store answers again");
              change(false);
            })
        .onFailure(e -> vertx.setTimer(PING_MS, t -> ping()));
  }

  private void change(boolean now) {
    unavailable = now;
    List.copyOf(listeners).forEach(Runnable::run);
  }
}
