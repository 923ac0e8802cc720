package io.ovation.deliver.transport;

import io.ovation.auth.AccessControl;
import io.ovation.auth.Caller;
import io.ovation.deliver.EventLoopShard;
import io.ovation.deliver.lifecycle.ConnectionAdmission;
import io.ovation.deliver.protocol.ClientMessage;
import io.ovation.http.CrossOrigin;
import io.ovation.http.HttpEventLoop;
import io.ovation.http.RequestTrace;
import io.ovation.http.body.InputRules;
import io.ovation.http.body.QueryParameters;
import io.ovation.http.limits.ActionLimits.Action;
import io.ovation.http.limits.ConnectionLimits;
import io.ovation.http.problem.EventStreams;
import io.ovation.http.problem.Problem;
import io.ovation.http.problem.ProblemException;
import io.ovation.moderation.hooks.WatchHook;
import io.ovation.vertx.NettyPipelines;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * {@code GET /streams/{stream}/events?user=…}: viewers that get server-sent events. The request is
 * the {@code watch}; {@code Last-Event-ID}, or else {@code since}, is the viewer's last position.
 */
public final class SseRoutes {
  /** A viewer that loses its connection returns after this and up to {@link #RETRY_SPREAD_MS}. */
  private static final int RETRY_MS = 1000;

  private static final int RETRY_SPREAD_MS = 4000;

  private final ConnectionAdmission admission;
  private final AccessControl access;
  private final WatchHook hook;

  public SseRoutes(ConnectionAdmission admission, AccessControl access, WatchHook hook) {
    this.admission = admission;
    this.access = access;
    this.hook = hook;
  }

  public void mount(HttpEventLoop http, EventLoopShard shard) {
    http.router()
        .route("/streams/:stream/events")
        .method(HttpMethod.GET)
        .method(HttpMethod.HEAD)
        .handler(SseRoutes::refuseBody)
        .handler(access.requireViewer())
        .handler(this::askHook)
        .handler(ctx -> serve(ctx, shard));
  }

  /**
   * A body could be sent as slowly as its sender likes, and be waited for beyond the token's end.
   */
  private static void refuseBody(RoutingContext ctx) {
    HttpServerRequest request = ctx.request();
    String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
    if (request.headers().contains(HttpHeaders.TRANSFER_ENCODING)
        || (length != null && !length.equals("0"))) {
      ctx.response().putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
      throw Problem.invalid("body", "must be empty: events are asked for by GET").exception();
    }
    ctx.next();
  }

  private void askHook(RoutingContext ctx) {
    HttpServerRequest request = ctx.request();
    if (request.method().equals(HttpMethod.HEAD)
        || EventStreams.STOP.equals(request.getHeader(EventStreams.LAST_EVENT_ID))) {
      ctx.next();
      return;
    }
    Caller caller = AccessControl.caller(ctx);
    String user = InputRules.user(caller.actsAs(QueryParameters.all(ctx).get("user")));
    String stream = InputRules.stream(ctx.pathParam("stream"));
    access.admit(Action.WATCH, caller, user);
    AccessControl.continueAs(ctx, hook.admit(caller, stream, user, RequestTrace.parent(ctx)));
  }

  private void serve(RoutingContext ctx, EventLoopShard shard) {
    HttpServerRequest request = ctx.request();
    String last = request.getHeader(EventStreams.LAST_EVENT_ID);
    if (EventStreams.STOP.equals(last)) {
      ctx.response().setStatusCode(204).end();
      return;
    }
    ClientMessage.Watch watch = watch(ctx, last == null || last.isEmpty() ? null : last);
    if (request.method().equals(HttpMethod.HEAD)) {
      eventStream(ctx).end();
      return;
    }
    Problem refusal = admission.refusal();
    if (refusal != null) {
      throw refusal.exception();
    }
    HttpConnection connection = request.connection();
    Caller caller = AccessControl.caller(ctx);
    access.requireTime(caller);
    String user = InputRules.user(caller.actsAs(watch.user()));
    ConnectionLimits.Slot slot = access.connect(user, caller.address());
    if (slot != null) {
      // A connection that was closed meanwhile ends no request, and becomes no viewer.
      NettyPipelines.onClose(connection, slot::release);
    }
    String origin = CrossOrigin.allowedFor(ctx);
    request
        .end()
        // In a task of its own: the HTTP decoder may still be at work on this request's buffer.
        .onComplete(
            read ->
                shard.run(
                    () -> {
                      boolean accepted =
                          read.succeeded()
                              && SseViewer.accept(
                                  shard, connection, caller, slot, watch, origin, retryMs());
                      if (!accepted && slot != null) {
                        slot.release();
                      }
                    }));
  }

  private static HttpServerResponse eventStream(RoutingContext ctx) {
    return ctx.response()
        .putHeader(HttpHeaders.CONTENT_TYPE, EventStreams.MEDIA_TYPE)
        .putHeader(HttpHeaders.CACHE_CONTROL, EventStreams.CACHE_CONTROL);
  }

  private static ClientMessage.Watch watch(RoutingContext ctx, @Nullable String last) {
    MultiMap query = QueryParameters.all(ctx);
    Map<String, @Nullable Object> fields = new HashMap<>();
    fields.put("stream", ctx.pathParam("stream"));
    fields.put("user", AccessControl.caller(ctx).actsAs(query.get("user")));
    fields.put("region", query.get("region"));
    fields.put("at", query.get("at"));
    fields.put("last", offset(query.get("last")));
    fields.put("since", offset(last == null ? query.get("since") : last));
    try {
      return ClientMessage.watch(fields);
    } catch (ProblemException e) {
      throw "since".equals(e.problem().field()) && last != null ? ofHeader(e.problem()) : e;
    }
  }

  private static @Nullable Object offset(@Nullable String text) {
    Long number = text == null ? null : QueryParameters.wholeNumber(text);
    return number == null ? text : number;
  }

  private static ProblemException ofHeader(Problem problem) {
    String why = problem.detail().substring(problem.detail().indexOf(' ') + 1);
    return Problem.invalid(EventStreams.LAST_EVENT_ID, why).exception();
  }

  private static long retryMs() {
    return RETRY_MS + ThreadLocalRandom.current().nextInt(RETRY_SPREAD_MS);
  }
}
