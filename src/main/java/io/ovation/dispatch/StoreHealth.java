package io.ovation.dispatch;

import io.ovation.metrics.Metrics;
import io.ovation.store.Store;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether the store is away, for all partitions of a dispatcher. Declared by the first partition
 * that waited too long; taken back when the store answers a ping. Used on the dispatcher's context.
 */
public final class StoreHealth {
  private static final Logger log = LoggerFactory.getLogger(StoreHealth.class);
  private static final long PROBE_MS = 250;

  private final Vertx vertx;
  private final Store store;
  private final List<Runnable> listeners = new ArrayList<>();
  private volatile boolean away;

  StoreHealth(Vertx vertx, Store store, Metrics metrics) {
    this.vertx = vertx;
    this.store = store;
    metrics.gauge(
        "ovation.dispatch.store.away",
        "1 while events flow without the store",
        this,
        w -> w.away ? 1 : 0);
  }

  public boolean away() {
    return away;
  }

  /** Calls {@code listener} whenever the store goes away or comes back. */
  public void onChange(Runnable listener) {
    listeners.add(listener);
  }

  public void forget(Runnable listener) {
    listeners.remove(listener);
  }

  public void declareAway() {
    if (!away) {
      log.warn(
          "the store does not answer: events flow on without it and will be missing from history");
      change(true);
      probe();
    }
  }

  private void probe() {
    store
        .ping()
        .onSuccess(
            v -> {
              log.warn("the store is back");
              change(false);
            })
        .onFailure(e -> vertx.setTimer(PROBE_MS, t -> probe()));
  }

  private void change(boolean now) {
    away = now;
    List.copyOf(listeners).forEach(Runnable::run);
  }
}
