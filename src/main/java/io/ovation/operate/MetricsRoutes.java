package io.ovation.operate;

import io.ovation.http.HttpEventLoop;
import io.ovation.http.Routes;
import io.ovation.metrics.Metrics;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.RoutingContext;

/** {@code /metrics}, for Prometheus. */
public record MetricsRoutes(Metrics metrics) implements Routes {
  /** Prometheus's text exposition format, version 0.0.4. */
  private static final String EXPOSITION = "text/plain; version=0.0.4; charset=utf-8";

  @Override
  public void mount(HttpEventLoop loop) {
    loop.router()
        .route("/metrics")
        .method(HttpMethod.GET)
        .method(HttpMethod.HEAD)
        .handler(this::scrape);
  }

  /** Off the event loop: with thousands of series the text takes milliseconds. */
  private void scrape(RoutingContext ctx) {
    ctx.vertx()
        .executeBlocking(metrics::scrape, false)
        .onSuccess(text -> ctx.response().putHeader("content-type", EXPOSITION).end(text))
        .onFailure(ctx::fail);
  }
}
