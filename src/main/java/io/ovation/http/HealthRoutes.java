package io.ovation.http;

import io.ovation.metrics.BuildInfo;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Route;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;

/**
 * The routes that probes use on every node: {@code /health/live} (an event loop answers, so the
 * process works) and {@code /health/ready} (503 while a dependency is unavailable). Both answers
 * name the build.
 */
public record HealthRoutes(Readiness readiness, BuildInfo build) implements Routes {

  @Override
  public void mount(HttpEventLoop loop) {
    Router router = loop.router();
    at(router, "/health/live").handler(ctx -> json(ctx, 200, JsonObject.of("status", "live")));
    at(router, "/health/ready").handler(this::ready);
  }

  /** Some balancers probe with HEAD. */
  private static Route at(Router router, String path) {
    return router.route(path).method(HttpMethod.GET).method(HttpMethod.HEAD);
  }

  private void ready(RoutingContext ctx) {
    readiness.ask().onComplete(it -> json(ctx, it.ready() ? 200 : 503, it.body()), ctx::fail);
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
