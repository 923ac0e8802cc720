package io.ovation.http.problem;

import io.micrometer.core.instrument.Counter;
import io.ovation.metrics.Metrics;
import io.ovation.vertx.Contexts;
import io.vertx.core.Context;
import io.vertx.core.http.HttpServerRequest;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Counts what is refused, by the door and the problem's code, whatever the status of the answer: an
 * EventSource gets 200, and a viewer's message has no status. Codes are constants of the server.
 * Any thread.
 */
public final class RefusalMetrics {
  /** Counted from 0 on, so that a rate sees their first one: alerts ask for them. */
  private static final List<String> ALARMING = List.of("rate", "busy", "unavailable");

  private static final String KEY = RefusalMetrics.class.getName();

  /** How a client asked. */
  public enum Door {
    HTTP,
    WEBSOCKET,
    /** Over WebSocket or not. */
    SOCKJS,
    SSE
  }

  private record Key(Door door, String code) {}

  private final Metrics metrics;
  private final Map<Key, Counter> counters = new ConcurrentHashMap<>();

  public RefusalMetrics(Metrics metrics) {
    this.metrics = metrics;
    for (Door door : Door.values()) {
      ALARMING.forEach(code -> counter(new Key(door, code)));
    }
  }

  /** From now on counts the refused requests of a server that runs on this context. */
  public void install(Context context) {
    context.put(KEY, this);
  }

  /** Counts one refusal. */
  public void refused(Door door, String code) {
    counter(new Key(door, code)).increment();
  }

  private Counter counter(Key key) {
    return counters.computeIfAbsent(
        key,
        it ->
            metrics.counter(
                "ovation.refused",
                "Requests and viewers' messages that were refused, by door and code",
                "door",
                it.door().name().toLowerCase(Locale.ROOT),
                "code",
                it.code()));
  }

  /** Counts a refused request of a server for which {@link #install} was called. */
  static void refused(HttpServerRequest request, Problem problem) {
    RefusalMetrics metrics = Contexts.of(request).get(KEY);
    if (metrics != null) {
      metrics.refused(door(request), problem.code());
    }
  }

  private static Door door(HttpServerRequest request) {
    String path = String.valueOf(request.path());
    if (path.equals("/live/websocket")) {
      return Door.WEBSOCKET;
    }
    if (path.equals("/live") || path.startsWith("/live/")) {
      return Door.SOCKJS;
    }
    return EventStreams.accepts(request) ? Door.SSE : Door.HTTP;
  }
}
