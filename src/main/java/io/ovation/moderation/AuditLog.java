package io.ovation.moderation;

import io.micrometer.core.instrument.Counter;
import io.ovation.disk.PrivateDirectory;
import io.ovation.http.body.JsonText;
import io.ovation.http.body.Timestamps;
import io.ovation.metrics.Metrics;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who did what to whom, when and why: one JSON object a line, in a file that is rotated by size. An
 * entry is written before its action is answered. Any thread; writing blocks no event loop.
 */
public final class AuditLog {
  private static final Logger log = LoggerFactory.getLogger(AuditLog.class);

  /** Entries that wait for the disk; further ones are dropped and counted. */
  private static final int MAX_WAITING = 10_000;

  private final Vertx vertx;
  private final @Nullable Path file;
  private final long maxBytes;
  private final int files;
  private final InstantSource clock;
  private final AtomicInteger waiting = new AtomicInteger();
  private final Counter lost;
  private final List<Consumer<JsonObject>> listeners = new CopyOnWriteArrayList<>();
  private volatile Function<JsonObject, Future<Void>> publisher = entry -> Future.succeededFuture();

  /**
   * @param file null for no file
   * @param maxBytes of one file
   * @param files how many are kept, the current one included
   */
  public AuditLog(
      Vertx vertx,
      @Nullable Path file,
      long maxBytes,
      int files,
      InstantSource clock,
      Metrics metrics) {
    this.vertx = vertx;
    this.file = file;
    this.maxBytes = maxBytes;
    this.files = files;
    this.clock = clock;
    this.lost =
        metrics.counter(
            "ovation.moderation.audit.lost", "Entries of the audit log that could not be written");
  }

  /**
   * @param listener called with each entry, on the thread of its action
   */
  public void onEntry(Consumer<JsonObject> listener) {
    listeners.add(listener);
  }

  /**
   * @param entries publishes each entry; an action is answered when that has completed, too
   */
  public void publishBy(Function<JsonObject, Future<Void>> entries) {
    publisher = entries;
  }

  /**
   * Records an action. Completes when it is written, or could not be: the action takes effect all
   * the same.
   *
   * @param by who acts
   * @param action such as {@code ban}
   * @param why empty for no reason
   * @param what the action's other fields
   */
  public Future<Void> record(String by, String action, String stream, String why, JsonObject what) {
    JsonObject entry =
        JsonObject.of("at", Timestamps.of(clock.millis()), "by", by, "action", action);
    if (!stream.isEmpty()) {
      entry.put("stream", stream);
    }
    entry.mergeIn(what);
    if (!why.isEmpty()) {
      entry.put("why", why);
    }
    listeners.forEach(listener -> listener.accept(entry));
    Future<Void> published = publisher.apply(entry);
    return write(entry).compose(v -> published);
  }

  private Future<Void> write(JsonObject entry) {
    Path target = file;
    if (target == null) {
      return Future.succeededFuture();
    }
    if (waiting.incrementAndGet() > MAX_WAITING) {
      waiting.decrementAndGet();
      lost.increment();
      return Future.succeededFuture();
    }
    byte[] line = (JsonText.encode(entry) + "\n").getBytes(StandardCharsets.UTF_8);
    return vertx
        .<Void>executeBlocking(
            () -> {
              write(target, line);
              return null;
            },
            false)
        .onComplete(done -> waiting.decrementAndGet())
        .recover(
            e -> {
              lost.increment();
              log.error("an entry of the audit log could not be written to {}", target, e);
              return Future.succeededFuture();
            });
  }

  private synchronized void write(Path target, byte[] line) throws IOException {
    if (Files.exists(target) && Files.size(target) + line.length > maxBytes) {
      rotate(target);
    }
    Path folder = target.toAbsolutePath().getParent();
    if (folder != null) {
      PrivateDirectory.create(folder);
    }
    Files.write(target, line, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }

  /** The newest of the older files ends in .1. */
  private void rotate(Path target) throws IOException {
    Files.deleteIfExists(older(target, files - 1));
    for (int n = files - 2; n >= 1; n--) {
      if (Files.exists(older(target, n))) {
        Files.move(older(target, n), older(target, n + 1), StandardCopyOption.REPLACE_EXISTING);
      }
    }
    if (files > 1) {
      Files.move(target, older(target, 1), StandardCopyOption.REPLACE_EXISTING);
    } else {
      Files.delete(target);
    }
  }

  private static Path older(Path target, int number) {
    return target.resolveSibling(target.getFileName() + "." + number);
  }
}
