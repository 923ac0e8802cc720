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

/** {@code POST /streams/{stream}/comments} on one event loop. The hot path. */
final class CommentRoutes {
  private final HttpEventLoop loop;
  private final JsonBodies bodies;
  private final CommentService intake;

  CommentRoutes(HttpEventLoop loop, long bodyLimit, CommentService intake) {
    this.loop = loop;
    this.bodies = new JsonBodies(loop.vertx(), bodyLimit);
    this.intake = intake;
  }

  void mount() {
    loop.router().post("/streams/:stream/comments").handler(this::comment);
  }

  private void comment(RoutingContext ctx) {
    HttpServerRequest request = ctx.request();
    String stream = ctx.pathParam("stream");
    bodies
        .json(request)
        .onFailure(this::unread)
        .compose(body -> comment(stream, body))
        .onComplete(id -> accepted(request, id), cause -> FailureHandler.answer(request, cause));
  }

  private Future<String> comment(String stream, Map<String, @Nullable Object> body) {
    return intake.comment(stream, body.get("user"), body.get("text"), id(body));
  }

  /**
   * An id that is given as null is not one left out: whoever sends it means an id, and has none.
   */
  private static @Nullable Object id(Map<String, @Nullable Object> body) {
    Object id = body.get("id");
    return id == null && body.containsKey("id") ? Map.of() : id;
  }

  private static void accepted(HttpServerRequest request, String id) {
    request
        .response()
        .setStatusCode(202)
        .putHeader(HttpHeaders.CONTENT_TYPE, "application/json")
        .end("{\"id\":" + Json.encode(id) + ",\"status\":\"pending\"}");
  }

  private void unread(Throwable cause) {
    if (cause instanceof ProblemException refusal) {
      intake.meters().refused(refusal.problem());
    }
  }
}
