package io.ovation.http;

import io.micrometer.core.instrument.Counter;
import io.ovation.async.InFlightLimiter;
import io.ovation.metrics.Metrics;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;

/** What the HTTP servers refuse before a route sees it. */
public final class HttpMetrics {

  /** Why something was refused. */
  public enum Refusal {
    /** The address has {@code http.connections_per_address} connections, or all have too many. */
    CONNECTIONS,
    /** The request line is longer than {@code http.line_limit}. */
    LINE,
    /** The headers are longer than {@code http.headers_limit}. */
    HEADERS,
    /** It is not HTTP. */
    MALFORMED,
    /** All bodies together are larger than {@code http.bodies_limit}. */
    BODIES,
    /** A page whose origin is not in {@code http.origins} asked for a WebSocket. */
    ORIGIN
  }

  private final Map<Refusal, Counter> refused;

  HttpMetrics(Metrics metrics, LongAdder headerTimeouts, InFlightLimiter bodies) {
    String help = "connections and requests refused before a route saw them";
    refused = metrics.counters("ovation.http.refused", help, "reason", Refusal.class);
    help =
        "Connections closed because a request's line and headers, or the body of one that was"
            + " answered, were not complete in time";
    metrics.counter("ovation.http.heads.late", help, headerTimeouts, LongAdder::sum);
    help = "bytes of request bodies that are being received";
    metrics.gauge("ovation.http.bodies.bytes", help, bodies, InFlightLimiter::used);
  }

  public void refused(Refusal reason) {
    Objects.requireNonNull(refused.get(reason)).increment();
  }
}
