package io.ovation.http;

import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.RoutingContext;
import java.util.Map;

/**
 * The demo page, the browser's client and the OpenAPI file, served from memory. The constructor
 * reads them from the jar: it blocks.
 */
public final class WebFiles implements Routes {
  private static final String SCRIPT = "text/javascript; charset=utf-8";

  private static final String SOCKJS =
      "META-INF/resources/webjars/sockjs-client/1.6.1/dist/sockjs.min.js";

  /** No script but our own runs on the page, whatever a viewer writes. */
  private static final String POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
          + " base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

  private final Map<String, WebAsset> assets =
      Map.of(
          "/", WebAsset.load("web/index.html", "text/html; charset=utf-8"),
          "/app.js", WebAsset.load("web/app.js", SCRIPT),
          "/reactions.js", WebAsset.load("web/reactions.js", SCRIPT),
          "/style.css", WebAsset.load("web/style.css", "text/css; charset=utf-8"),
          "/icon.svg", WebAsset.load("web/icon.svg", "image/svg+xml"),
          "/ovation.js", WebAsset.load("client/ovation.js", SCRIPT),
          "/ovation.mjs", WebAsset.load("client/ovation.mjs", SCRIPT),
          "/webjars/sockjs.min.js", WebAsset.load(SOCKJS, SCRIPT),
          "/openapi.yaml", WebAsset.load("openapi.yaml", "application/yaml"));

  @Override
  public void mount(HttpEventLoop loop) {
    assets.forEach(
        (path, asset) ->
            loop.router()
                .route(path)
                .method(HttpMethod.GET)
                .method(HttpMethod.HEAD)
                .handler(ctx -> send(ctx, asset)));
  }

  private static void send(RoutingContext ctx, WebAsset asset) {
    ctx.response()
        .putHeader("Content-Security-Policy", POLICY)
        .putHeader("Referrer-Policy", "same-origin")
        // Pages of other origins may load the client as a module; nothing here is secret.
        .putHeader("Access-Control-Allow-Origin", "*");
    asset.send(ctx.request());
  }
}
