package io.ovation.node;

import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Stops what was started in reverse order, each part within a limit. Any thread. */
public final class ShutdownSequence {
  private static final Logger log = LoggerFactory.getLogger(ShutdownSequence.class);

  private final Duration patience;
  private final Deque<Part> started = new ArrayDeque<>();
  private @Nullable Future<Void> stopping;

  private record Part(String name, Duration patience, Supplier<? extends Future<?>> stop) {}

  /**
   * @param patience how long each part may take to stop before the next one is stopped
   */
  public ShutdownSequence(Duration patience) {
    this.patience = patience;
  }

  /** Adds a started part. During the shutdown it is stopped at once. */
  public void add(String name, Supplier<? extends Future<?>> stop) {
    add(name, patience, stop);
  }

  /** Adds a part with its own limit. */
  public void add(String name, Duration limit, Supplier<? extends Future<?>> stop) {
    Part part = new Part(name, limit, stop);
    synchronized (this) {
      if (stopping == null) {
        started.push(part);
        return;
      }
    }
    stop(part);
  }

  public synchronized boolean stopping() {
    return stopping != null;
  }

  /** Stops all parts, the newest first. Never fails. Idempotent. */
  public synchronized Future<Void> stop() {
    if (stopping == null) {
      Future<Void> chain = Future.succeededFuture();
      while (!started.isEmpty()) {
        Part part = started.pop();
        chain = chain.compose(v -> stop(part));
      }
      stopping = chain;
    }
    return stopping;
  }

  private Future<Void> stop(Part part) {
    return Future.succeededFuture()
        .compose(v -> part.stop.get().<Void>mapEmpty())
        .timeout(part.patience.toMillis(), TimeUnit.MILLISECONDS)
        .onFailure(e -> log.warn("{} did not stop cleanly; continuing the shutdown", part.name, e))
        .otherwiseEmpty();
  }
}
