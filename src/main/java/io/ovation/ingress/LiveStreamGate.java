package io.ovation.ingress;

import io.ovation.http.problem.Problem;
import io.ovation.wire.proto.StreamStatus;
import io.ovation.wire.proto.StreamStatus.Live;
import io.vertx.core.Future;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Refuses what is said on a stream that is not live ({@code liveness.only_live_comments}). While
 * nobody can tell whether it is, it is let in: a viewer should not have to pay for an outage. Any
 * thread; futures complete on the caller's context.
 */
public final class LiveStreamGate {
  /** What was heard of a stream holds so long, whoever says something meanwhile. */
  private static final long FRESH_MS = 500;

  private static final int MOST_STREAMS = 10_000;

  private final Function<String, Future<StreamStatus>> streams;
  private final LongSupplier millis;

  private record Heard(boolean live, long atMs) {}

  private final Map<String, Heard> heard =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Heard> eldest) {
          return size() > MOST_STREAMS;
        }
      };

  /**
   * @param streams what is known of a stream
   * @param millis the monotonic clock
   */
  public LiveStreamGate(Function<String, Future<StreamStatus>> streams, LongSupplier millis) {
    this.streams = streams;
    this.millis = millis;
  }

  /** Fails with {@code ProblemException} 409 if the stream is not live. */
  public Future<Void> admit(String stream) {
    Heard before = recent(stream);
    if (before != null) {
      return verdict(stream, before.live);
    }
    return streams
        .apply(stream)
        .transform(
            answer -> {
              if (answer.failed()) {
                return Future.succeededFuture();
              }
              boolean live = answer.result().getLive() == Live.LIVE;
              remember(stream, live);
              return verdict(stream, live);
            });
  }

  private @Nullable Heard recent(String stream) {
    synchronized (heard) {
      Heard last = heard.get(stream);
      return last == null || millis.getAsLong() - last.atMs > FRESH_MS ? null : last;
    }
  }

  private void remember(String stream, boolean live) {
    synchronized (heard) {
      heard.remove(stream);
      heard.put(stream, new Heard(live, millis.getAsLong()));
    }
  }

  private static Future<Void> verdict(String stream, boolean live) {
    if (live) {
      return Future.succeededFuture();
    }
    return Future.failedFuture(
        new Problem(
                409,
                "not_live",
                "stream",
                "stream: "
                    + stream
                    + " is not live, and only streams that are take comments here; nothing was taken."
                    + " Say it again when its viewers are told that it is live",
                0)
            .exception());
  }
}
