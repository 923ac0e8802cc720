package io.ovation.http;

import io.micrometer.core.instrument.Timer;
import io.ovation.metrics.Metrics;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.Route;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * Times each request, and traces it, until its answer has ended, by route, method and code.
 * Viewers' long answers are left out: their length says nothing, and {@code
 * ovation_deliver_connections} counts them. Any thread.
 */
final class RequestMetrics {
  private static final Set<String> METHODS =
      Set.of("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS");

  private final Metrics metrics;
  private final boolean traced;
  private final Map<Key, Timer> timers = new ConcurrentHashMap<>();

  /** Bounded: a route is a template, not a path. */
  private record Key(String route, String method, int code) {}

  /**
   * @param traced whether requests may have spans
   */
  RequestMetrics(Metrics metrics, boolean traced) {
    this.metrics = metrics;
    this.traced = traced;
  }

  /** To be installed before all routes. */
  void install(Router router) {
    router.route().handler(this::time);
  }

  private void time(RoutingContext ctx) {
    long start = System.nanoTime();
    if (traced) {
      RequestTrace.begin(ctx);
    }
    ctx.addEndHandler(
        ended -> {
          DeferredResponse pending = DeferredResponse.of(ctx);
          if (pending != null) {
            pending.onEnd(code -> record(ctx, code, start));
          } else if (!streamed(ctx)) {
            record(ctx, ctx.response().getStatusCode(), start);
          }
        });
    ctx.next();
  }

  private void record(RoutingContext ctx, int code, long start) {
    Key key = key(ctx, code);
    timer(key).record(System.nanoTime() - start, TimeUnit.NANOSECONDS);
    RequestTrace.end(ctx, key.method(), key.route(), code);
  }

  private static boolean streamed(RoutingContext ctx) {
    String type = ctx.response().headers().get(HttpHeaders.CONTENT_TYPE);
    // Not the normalized path, which throws for what is not percent-encoded.
    String path = ctx.request().path();
    return (path != null && path.startsWith("/live")) || "text/event-stream".equals(type);
  }

  private static Key key(RoutingContext ctx, int code) {
    Route route = ctx.currentRoute();
    String path = route == null ? null : route.getPath();
    String method = ctx.request().method().name();
    // A route that did not answer is not the request's.
    return new Key(
        path == null || code == 404 || code == 405 ? "none" : path,
        METHODS.contains(method) ? method : "other",
        code);
  }

  private Timer timer(Key key) {
    return timers.computeIfAbsent(
        key,
        it ->
            metrics.timer(
                "ovation.http.requests",
                "Requests until their answer has ended",
                "route",
                it.route(),
                "method",
                it.method(),
                "code",
                Integer.toString(it.code())));
  }
}
