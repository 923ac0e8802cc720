package io.ovation.ingress;

import io.ovation.async.Futures;
import io.ovation.auth.AccessControl;
import io.ovation.auth.AccessRole;
import io.ovation.auth.Caller;
import io.ovation.http.DeferredResponse;
import io.ovation.http.HttpEventLoop;
import io.ovation.http.RequestIds;
import io.ovation.http.RequestTrace;
import io.ovation.http.Routes;
import io.ovation.http.body.InputRules;
import io.ovation.http.body.JsonBodies;
import io.ovation.http.body.JsonResponses;
import io.ovation.http.body.JsonText;
import io.ovation.http.body.QueryParameters;
import io.ovation.http.limits.ActionLimits.Action;
import io.ovation.http.problem.FailureHandler;
import io.ovation.http.problem.Problem;
import io.ovation.moderation.StreamSettings;
import io.ovation.stage.CommentSubmission;
import io.ovation.stage.RandomIds;
import io.ovation.wire.proto.StreamStatus;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code POST /streams/{stream}/comments} and {@code …/reactions}, which are the hot path, and
 * {@code GET /streams/{stream}}.
 */
record StreamRoutes(
    CommentService comments,
    ReactionService reactions,
    Function<String, Future<StreamStatus>> states,
    HistoryRoute history,
    Function<String, StreamSettings> settings,
    AccessControl access)
    implements Routes {
  private static final Logger log = LoggerFactory.getLogger(StreamRoutes.class);
  private static final int RETRY_SECONDS = 2;

  @Override
  public void mount(HttpEventLoop loop) {
    JsonBodies bodies = loop.bodies();
    Handler<RoutingContext> viewers = access.require(AccessRole.VIEWER);
    loop.router()
        .post("/streams/:stream/comments")
        .handler(viewers)
        .handler(ctx -> comment(bodies, ctx));
    loop.router()
        .post("/streams/:stream/reactions")
        .handler(viewers)
        .handler(ctx -> reaction(bodies, ctx));
    JsonResponses.onGet(loop.router(), "/streams/:stream", viewers, this::state);
    JsonResponses.onGet(loop.router(), "/streams/:stream/comments", viewers, history::page);
  }

  private void comment(JsonBodies bodies, RoutingContext ctx) {
    String stream = ctx.pathParam("stream");
    bodies
        .json(ctx)
        .onComplete(
            body -> answer(ctx, () -> comment(ctx, stream, body)),
            unread -> {
              comments.admission().refused(unread);
              FailureHandler.answer(ctx, unread);
            });
  }

  private Future<String> comment(
      RoutingContext ctx, String stream, Map<String, @Nullable Object> body) {
    Caller caller = AccessControl.caller(ctx);
    access.admit(Action.COMMENT, caller, body.get("user"));
    CommentSubmission submission =
        new CommentSubmission(
            caller,
            stream,
            body.get("user"),
            body.get("text"),
            InputRules.given(body, "id"),
            InputRules.given(body, "reply_to"),
            InputRules.given(body, "meta"),
            RequestTrace.of(ctx));
    return comments
        .comment(submission)
        .map(
            done ->
                accepted(done.id(), ",\"status\":\"" + (done.held() ? "held" : "pending") + '"'));
  }

  private void reaction(JsonBodies bodies, RoutingContext ctx) {
    String stream = ctx.pathParam("stream");
    bodies
        .json(ctx)
        .onComplete(
            body -> answer(ctx, () -> reaction(AccessControl.caller(ctx), stream, body)),
            unread -> {
              reactions.admission().refused(unread);
              FailureHandler.answer(ctx, unread);
            });
  }

  private static void answer(RoutingContext ctx, Supplier<Future<String>> task) {
    DeferredResponse answer = DeferredResponse.to(ctx);
    Futures.attempt(task).onComplete(json -> answer.json(202, json), answer::fail);
  }

  private Future<String> reaction(
      Caller caller, String stream, Map<String, @Nullable Object> body) {
    access.admit(Action.REACTION, caller, body.get("user"));
    Object id = InputRules.given(body, "id");
    return reactions
        .reaction(
            caller, stream, body.get("user"), body.get("kind"), InputRules.given(body, "count"), id)
        .map(v -> accepted(id == null ? RandomIds.next() : id, ""));
  }

  private static String accepted(Object id, String more) {
    return "{\"id\":" + JsonText.encode(id) + more + "}";
  }

  private Future<JsonObject> state(RoutingContext ctx) {
    String stream = InputRules.stream(ctx.pathParam("stream"));
    boolean regions = QueryParameters.number(ctx, "regions", 0, 1, 0) == 1;
    return states
        .apply(stream)
        .recover(cause -> Future.failedFuture(unknown(ctx, stream, cause)))
        .map(
            state -> {
              JsonObject json =
                  new JsonObject()
                      .put("stream", stream)
                      .put("live", live(state.getLive()))
                      .put("viewers", state.getViewers())
                      .put("reactions", reactions(state, state.getReactionsMap()))
                      .put("settings", settings.apply(stream).json());
              return regions ? json.put("regions", regions(state)) : json;
            });
  }

  private static @Nullable Boolean live(StreamStatus.Live live) {
    return switch (live) {
      case LIVE -> true;
      case DARK -> false;
      default -> null;
    };
  }

  private static @Nullable JsonObject reactions(StreamStatus state, Map<String, Long> totals) {
    JsonObject reactions = new JsonObject();
    new TreeMap<>(totals).forEach(reactions::put);
    return state.getReactionsUnknown() ? null : reactions;
  }

  private static JsonObject regions(StreamStatus state) {
    JsonObject regions = new JsonObject();
    new TreeMap<>(state.getRegionsMap())
        .forEach(
            (region, one) ->
                regions.put(
                    region,
                    new JsonObject()
                        .put("live", live(one.getLive()))
                        .put("viewers", one.getViewers())
                        .put("reactions", reactions(state, one.getReactionsMap()))));
    return regions;
  }

  /** An answer of 0 viewers would be wrong, so there is none. */
  private static Throwable unknown(RoutingContext ctx, String stream, Throwable cause) {
    RequestIds.logged(ctx.request(), null, () -> log.debug("No state of stream {}", stream, cause));
    String why = "the node that keeps this stream's state, or the store, did not answer; retry in ";
    return Problem.unavailable(why + RETRY_SECONDS + " s", RETRY_SECONDS).exception();
  }
}
