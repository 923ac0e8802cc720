package io.ovation.http;

import io.ovation.metrics.BuildInfo;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Route;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.Set;
import java.util.function.Predicate;

/**
 * The routes that probes use on every node: {@code /health/live} (an event loop answers, so the
 * process works), {@code /health/ready} (503 while a dependency is unavailable) and {@code
 * /health/ready/viewers} (503 while no viewer can be served). Pages, files and viewers that are
 * connected need neither the queue nor the store, so their absence is no reason to send viewers
 * elsewhere. All answers name the build.
 */
public record HealthRoutes(Readiness readiness, BuildInfo build) implements Routes {

  /** The check of whether this node takes viewers at all. */
  public static final String VIEWERS = "viewers";

  private static final Set<String> FOR_VIEWERS = Set.of("cluster", "roles", VIEWERS);

  @Override
  public void mount(HttpEventLoop loop) {
    Router router = loop.router();
    at(router, "/health/live").handler(ctx -> json(ctx, 200, JsonObject.of("status", "live")));
    at(router, "/health/ready").handler(ctx -> ready(ctx, name -> !name.equals(VIEWERS)));
    at(router, "/health/ready/viewers").handler(ctx -> ready(ctx, FOR_VIEWERS::contains));
  }

  /** Some balancers probe with HEAD. */
  private static Route at(Router router, String path) {
    return router.route(path).method(HttpMethod.GET).method(HttpMethod.HEAD);
  }

  private void ready(RoutingContext ctx, Predicate<String> checks) {
    readiness.ask(checks).onComplete(it -> json(ctx, it.ready() ? 200 : 503, it.body()), ctx::fail);
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
