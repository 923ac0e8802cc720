package io.ovation.ingress;

import io.ovation.http.HttpEventLoop;
import io.ovation.http.body.JsonBodies;
import io.ovation.http.problem.FailureHandler;
import io.ovation.http.problem.ProblemException;
import io.vertx.core.Future;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.Json;
import io.vertx.ext.web.RoutingContext;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code POST /streams/{stream}/reactions} on one event loop. The hot path. */
final class ReactionRoutes {
  private final HttpEventLoop loop;
  private final JsonBodies bodies;
  private final ReactionService intake;

  ReactionRoutes(HttpEventLoop loop, long bodyLimit, ReactionService intake) {
    this.loop = loop;
    this.bodies = new JsonBodies(loop.vertx(), bodyLimit);
    this.intake = intake;
  }

  void mount() {
    loop.router().post("/streams/:stream/reactions").handler(this::reaction);
  }

  private void reaction(RoutingContext ctx) {
    HttpServerRequest request = ctx.request();
    String stream = ctx.pathParam("stream");
    bodies
        .json(request)
        .onSuccess(body -> reaction(request, stream, body))
        .onFailure(cause -> unread(request, cause));
  }

  private void reaction(
      HttpServerRequest request, String stream, Map<String, @Nullable Object> body) {
    Object id = given(body, "id");
    Future<Void> counted =
        intake.reaction(stream, body.get("user"), body.get("kind"), given(body, "count"), id);
    counted.onComplete(
        v -> accepted(request, id == null ? RandomIds.next() : (String) id),
        cause -> FailureHandler.answer(request, cause));
  }

  /** What is given as null is not left out: whoever sends it means a value, and has none. */
  private static @Nullable Object given(Map<String, @Nullable Object> body, String field) {
    Object value = body.get(field);
    return value == null && body.containsKey(field) ? Map.of() : value;
  }

  private static void accepted(HttpServerRequest request, String id) {
    request
        .response()
        .setStatusCode(202)
        .putHeader(HttpHeaders.CONTENT_TYPE, "application/json")
        .end("{\"id\":" + Json.encode(id) + "}");
  }

  private void unread(HttpServerRequest request, Throwable cause) {
    if (cause instanceof ProblemException refusal) {
      intake.meters().refused(refusal.problem());
    }
    FailureHandler.answer(request, cause);
  }
}
