package io.ovation.ingress;

import io.ovation.http.problem.Problem;
import io.ovation.wire.proto.StreamStatus;
import io.ovation.wire.proto.StreamStatus.Live;
import io.vertx.core.Future;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import java.util.function.LongSupplier;

/**
 * Refuses comments on streams that are not live ({@code liveness.only_live_comments}). While that
 * is not known, comments are admitted: viewers should not suffer from an outage. Any thread;
 * futures complete on the caller's context.
 */
public final class LiveOnlyGate {
  /** How long a cached live or not-live answer is used. */
  static final long FRESH_MS = 500;

  static final int MAX_STREAMS = 10_000;

  private final Function<String, Future<StreamStatus>> states;
  private final LongSupplier millis;

  private record Cached(boolean live, long atMs) {}

  /** Stream → answer, oldest first. */
  private final Map<String, Cached> cache =
      Collections.synchronizedMap(
          new LinkedHashMap<>() {
            @Override
            protected boolean removeEldestEntry(Map.Entry<String, Cached> eldest) {
              return size() > MAX_STREAMS;
            }
          });

  /**
   * @param states asks for a stream's state
   * @param millis the monotonic clock
   */
  public LiveOnlyGate(Function<String, Future<StreamStatus>> states, LongSupplier millis) {
    this.states = states;
    this.millis = millis;
  }

  /** Fails with {@code ProblemException} 409 if the stream is not live. */
  public Future<Void> admit(String stream) {
    Cached last = cache.get(stream);
    if (last != null && millis.getAsLong() - last.atMs <= FRESH_MS) {
      return verdict(stream, last.live);
    }
    return states
        .apply(stream)
        .transform(
            answer -> {
              if (answer.failed()) {
                return Future.succeededFuture();
              }
              boolean live = answer.result().getLive() == Live.LIVE;
              cache.remove(stream); // So that it becomes the newest.
              cache.put(stream, new Cached(live, millis.getAsLong()));
              return verdict(stream, live);
            });
  }

  /**
   * {@code next} for streams that are live.
   *
   * @param stream of an item
   */
  public <T> Function<T, Future<String>> guard(
      Function<T, String> stream, Function<T, Future<String>> next) {
    return item -> admit(stream.apply(item)).compose(v -> next.apply(item));
  }

  private static Future<Void> verdict(String stream, boolean live) {
    if (live) {
      return Future.succeededFuture();
    }
    String detail =
        "stream: %s is not live, and comments are taken on live streams only; nothing was taken."
            + " Send it again when the stream's viewers receive that it is live";
    Problem refusal = new Problem(409, "not_live", "stream", detail.formatted(stream));
    return Future.failedFuture(refusal.exception());
  }
}
