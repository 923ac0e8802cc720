package io.ovation.http;

import io.ovation.metrics.BuildInfo;
import io.ovation.metrics.Metrics;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Route;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;

/**
 * The routes that probes and scrapers use on every node: {@code /health/live} (an event loop
 * answers, so the process works), {@code /health/ready} (503 while a dependency is unavailable) and
 * {@code /metrics}. Both health answers name the build.
 */
public record HealthRoutes(Readiness readiness, Metrics metrics, BuildInfo build)
    implements Routes {
  /** Prometheus's text exposition format, version 0.0.4. */
  private static final String EXPOSITION = "text/plain; version=0.0.4; charset=utf-8";

  @Override
  public void mount(HttpEventLoop loop) {
    Router router = loop.router();
    at(router, "/health/live").handler(ctx -> json(ctx, 200, JsonObject.of("status", "live")));
    at(router, "/health/ready").handler(this::ready);
    at(router, "/metrics").handler(this::scrape);
  }

  /** Some balancers probe with HEAD. */
  private static Route at(Router router, String path) {
    return router.route(path).method(HttpMethod.GET).method(HttpMethod.HEAD);
  }

  private void ready(RoutingContext ctx) {
    readiness.ask().onComplete(it -> json(ctx, it.ready() ? 200 : 503, it.body()), ctx::fail);
  }

  /** Off the event loop: with thousands of series the text takes milliseconds. */
  private void scrape(RoutingContext ctx) {
    ctx.vertx()
        .executeBlocking(metrics::scrape, false)
        .onSuccess(text -> ctx.response().putHeader("content-type", EXPOSITION).end(text))
        .onFailure(ctx::fail);
  }

  private void json(RoutingContext ctx, int status, JsonObject body) {
    body.put("version", build.version()).put("commit", build.commit());
    ctx.response()
        .setStatusCode(status)
        .putHeader("content-type", "application/json")
        .putHeader("cache-control", "no-store")
        .end(body.encode());
  }
}
