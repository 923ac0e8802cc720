package io.ovation.moderation;

import io.ovation.auth.AccessControl;
import io.ovation.auth.AccessRole;
import io.ovation.http.HttpEventLoop;
import io.ovation.http.Routes;
import io.ovation.http.body.IdConflictCheck;
import io.ovation.http.body.InputRules;
import io.ovation.http.body.JsonResponses;
import io.ovation.http.body.JsonText;
import io.ovation.http.limits.AdmissionControl;
import io.ovation.http.problem.FailureHandler;
import io.ovation.http.problem.Problem;
import io.ovation.live.proto.HostEvent;
import io.ovation.live.proto.StreamEvent;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** {@code POST /streams/{stream}/events} and {@code DELETE /streams/{stream}/events/{name}}. */
public record HostEventRoutes(
    ModerationService service,
    AccessControl access,
    Function<StreamEvent, Future<Boolean>> conflicts,
    IdConflictCheck ids)
    implements Routes {
  private static final int NAME = 64;
  private static final int MAX_BYTES = 16 << 10;
  private static final int MAX_RETAINED_BYTES = 4 << 10;
  private static final long LONGEST = Duration.ofDays(30).toMillis();
  private static final String UNAVAILABLE =
      "the queue did not confirm the event; nothing is promised, and it may still appear. Retry in"
          + " %d s with the same id (\"%s\"), and it appears once at most";

  /**
   * @param conflicts whether the store has another event under the id of this one: {@code
   *     StoredIds::hasOtherEvent}
   */
  public HostEventRoutes(
      ModerationService service,
      AccessControl access,
      Function<StreamEvent, Future<Boolean>> conflicts) {
    this(service, access, conflicts, new IdConflictCheck("event", System::nanoTime));
  }

  @Override
  public void mount(HttpEventLoop loop) {
    Handler<RoutingContext> hosts = access.require(AccessRole.HOST);
    loop.router()
        .post("/streams/:stream/events")
        .handler(hosts)
        .handler(
            ctx ->
                loop.bodies()
                    .json(ctx)
                    .compose(body -> send(ctx, body))
                    .onComplete(
                        json -> JsonResponses.send(ctx.request(), 202, json),
                        cause -> FailureHandler.answer(ctx, cause)));
    loop.router()
        .delete("/streams/:stream/events/:name")
        .handler(hosts)
        .handler(
            ctx ->
                Future.<Void>succeededFuture()
                    .compose(v -> remove(ctx))
                    .onComplete(
                        json -> JsonResponses.send(ctx.request(), 202, json),
                        cause -> FailureHandler.answer(ctx, cause)));
  }

  private Future<JsonObject> send(RoutingContext ctx, Map<String, @Nullable Object> body) {
    String given = InputRules.id(InputRules.given(body, "id"));
    String id = given == null ? UUID.randomUUID().toString() : given;
    Object retain = InputRules.given(body, "retain");
    if (retain != null && !(retain instanceof Boolean)) {
      throw Problem.invalid("retain", "must be true or false").exception();
    }
    boolean retained = Boolean.TRUE.equals(retain);
    String data = JsonText.encode(body.get("data"));
    int limit = retained ? MAX_RETAINED_BYTES : MAX_BYTES;
    if (data.getBytes(StandardCharsets.UTF_8).length > limit) {
      throw Problem.invalid("data", "must be at most " + limit + " bytes of JSON").exception();
    }
    Object asked = InputRules.given(body, "ttl");
    if (asked != null && !retained) {
      throw Problem.invalid("ttl", "is for retained events only").exception();
    }
    long ttl = asked == null ? LONGEST : DurationText.millis("ttl", asked, 1_000, LONGEST);
    HostEvent.Builder event =
        HostEvent.newBuilder()
            .setName(name(body.get("name")))
            .setData(data)
            .setRetain(retained)
            .setTtlMs(ttl);
    if (given == null) {
      return host(ctx, id, event);
    }
    String stream = InputRules.stream(ctx.pathParam("stream"));
    String identity = stream + '\0' + id;
    String content = event.getName() + '\0' + data + '\0' + retained + ttl;
    ids.claim(identity, content);
    Future<Boolean> conflict =
        conflicts.apply(
            StreamEvent.newBuilder().setStream(stream).setId(id).setHost(event).build());
    return host(ctx, id, event)
        .compose(json -> ids.unless(conflict, json))
        .onComplete((done, failure) -> ids.settle(identity, content, failure == null));
  }

  private Future<JsonObject> remove(RoutingContext ctx) {
    String id = UUID.randomUUID().toString();
    return host(
        ctx, id, HostEvent.newBuilder().setName(name(ctx.pathParam("name"))).setRemove(true));
  }

  private Future<JsonObject> host(RoutingContext ctx, String id, HostEvent.Builder event) {
    String by = Objects.requireNonNullElse(AccessControl.caller(ctx).user(), "");
    return service
        .host(by, InputRules.stream(ctx.pathParam("stream")), id, event)
        .recover(e -> Future.failedFuture(AdmissionControl.explained(e, UNAVAILABLE, id)))
        .map(v -> JsonObject.of("id", id));
  }

  private static String name(@Nullable Object value) {
    Problem.require("name", InputRules.nameFault(value, NAME));
    return String.valueOf(value);
  }
}
