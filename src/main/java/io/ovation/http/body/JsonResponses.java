package io.ovation.http.body;

import io.ovation.async.Futures;
import io.ovation.http.problem.FailureHandler;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.function.Function;

/** Answers requests with JSON objects that no cache may keep. */
public final class JsonResponses {
  private JsonResponses() {}

  /** Answers GET and HEAD requests of {@code path} by {@code call}, as {@link #answer} does. */
  public static void onGet(
      Router router, String path, Function<RoutingContext, Future<JsonObject>> call) {
    onGet(router, path, RoutingContext::next, call);
  }

  /**
   * As above, for those whom {@code access} lets pass.
   *
   * @param access calls {@code next}, or answers the request
   */
  public static void onGet(
      Router router,
      String path,
      Handler<RoutingContext> access,
      Function<RoutingContext, Future<JsonObject>> call) {
    router
        .route(path)
        .method(HttpMethod.GET)
        .method(HttpMethod.HEAD)
        .handler(access)
        .handler(ctx -> answer(ctx, call));
  }

  /** Answers 200 with the result of {@code call}, or with the problem that it fails with. */
  public static void answer(RoutingContext ctx, Function<RoutingContext, Future<JsonObject>> call) {
    HttpServerRequest request = ctx.request();
    Futures.attempt(() -> call.apply(ctx))
        .onComplete(json -> send(request, 200, json), cause -> FailureHandler.answer(ctx, cause));
  }

  public static void send(HttpServerRequest request, int status, JsonObject body) {
    request
        .response()
        .setStatusCode(status)
        .putHeader(HttpHeaders.CONTENT_TYPE, "application/json")
        .putHeader(HttpHeaders.CACHE_CONTROL, "no-store")
        .end(JsonText.encode(body));
  }
}
