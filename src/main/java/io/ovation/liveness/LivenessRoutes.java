package io.ovation.liveness;

import io.ovation.http.HttpEventLoop;
import io.ovation.http.Routes;
import io.ovation.http.body.JsonBodies;
import io.ovation.http.problem.FailureHandler;
import io.ovation.http.problem.Problem;
import io.ovation.http.problem.ProblemException;
import io.ovation.http.problem.ProblemResponses;
import io.ovation.store.LastSeenIndex;
import io.ovation.store.LastSeenIndex.Page;
import io.ovation.store.LastSeenIndex.Sighting;
import io.ovation.store.StoreUnavailable;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import java.time.Instant;

/** {@code POST /callback}, {@code GET /objects} and {@code GET /objects/{id}}. */
public final class LivenessRoutes implements Routes {
  private static final int RETRY_SECONDS = 2;

  private final CallbackService intake;
  private final LastSeenIndex sightings;
  private final long bodyLimit;

  /**
   * @param bodyLimit bytes ({@code http.body_limit})
   */
  public LivenessRoutes(CallbackService intake, LastSeenIndex sightings, long bodyLimit) {
    this.intake = intake;
    this.sightings = sightings;
    this.bodyLimit = bodyLimit;
  }

  @Override
  public void mount(HttpEventLoop loop) {
    JsonBodies bodies = new JsonBodies(loop.vertx(), bodyLimit);
    loop.router().post("/callback").handler(ctx -> callback(bodies, ctx.request()));
    loop.router()
        .route("/objects")
        .method(HttpMethod.GET)
        .method(HttpMethod.HEAD)
        .handler(ctx -> list(ctx.request()));
    loop.router()
        .route("/objects/:id")
        .method(HttpMethod.GET)
        .method(HttpMethod.HEAD)
        .handler(this::find);
  }

  private void callback(JsonBodies bodies, HttpServerRequest request) {
    bodies
        .json(request)
        .map(CallbackRequest::of)
        .onFailure(this::unread)
        .compose(callback -> intake.accept(callback.objects()))
        .onComplete(
            v -> answer(request, new JsonObject().put("status", "accepted")),
            cause -> FailureHandler.answer(request, cause));
  }

  private void unread(Throwable cause) {
    if (cause instanceof ProblemException refusal) {
      intake.meters().refused(refusal.problem());
    }
  }

  private void list(HttpServerRequest request) {
    ObjectQuery query;
    try {
      query = ObjectQuery.of(request);
    } catch (ProblemException e) {
      FailureHandler.answer(request, e);
      return;
    }
    sightings
        .page(query.after(), query.limit())
        .onComplete(page -> answer(request, shown(page)), cause -> failed(request, cause));
  }

  private void find(RoutingContext ctx) {
    HttpServerRequest request = ctx.request();
    long id;
    try {
      id = ObjectQuery.number("id", ctx.pathParam("id"));
    } catch (ProblemException e) {
      FailureHandler.answer(request, e);
      return;
    }
    sightings
        .find(id)
        .onComplete(
            found ->
                found.ifPresentOrElse(
                    sighting -> answer(request, shown(sighting)), () -> unknown(request, id)),
            cause -> failed(request, cause));
  }

  private static void unknown(HttpServerRequest request, long id) {
    ProblemResponses.send(
        request,
        ProblemResponses.notFound(
            "object " + id + " was not seen online within the last liveness.ttl"));
  }

  private static void failed(HttpServerRequest request, Throwable cause) {
    if (!(cause instanceof StoreUnavailable)) {
      FailureHandler.answer(request, cause);
      return;
    }
    Problem away =
        Problem.unavailable(
            "the store did not answer, so nobody knows which objects are online; retry in "
                + RETRY_SECONDS
                + " s",
            RETRY_SECONDS);
    FailureHandler.answer(request, away.exception());
  }

  private static JsonObject shown(Page page) {
    JsonArray objects = new JsonArray();
    page.sightings().forEach(sighting -> objects.add(shown(sighting)));
    return new JsonObject().put("objects", objects).put("next", page.next());
  }

  private static JsonObject shown(Sighting sighting) {
    return new JsonObject()
        .put("id", sighting.id())
        .put("last_seen", Instant.ofEpochMilli(sighting.lastSeenMs()).toString());
  }

  private static void answer(HttpServerRequest request, JsonObject body) {
    request
        .response()
        .putHeader(HttpHeaders.CONTENT_TYPE, "application/json")
        .putHeader(HttpHeaders.CACHE_CONTROL, "no-store")
        .end(body.toBuffer());
  }
}
