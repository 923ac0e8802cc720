package io.ovation.moderation;

import io.ovation.auth.AccessControl;
import io.ovation.auth.AccessRole;
import io.ovation.auth.Caller;
import io.ovation.http.HttpEventLoop;
import io.ovation.http.Routes;
import io.ovation.http.body.InputRules;
import io.ovation.http.body.JsonResponses;
import io.ovation.http.body.QueryParameters;
import io.ovation.http.limits.ActionLimits.Action;
import io.ovation.http.limits.AdmissionControl;
import io.ovation.http.problem.FailureHandler;
import io.ovation.http.problem.Problem;
import io.ovation.moderation.Ban.Active;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The moderators' routes. Each needs a token, also without {@code auth.required}. */
public record ModerationRoutes(ModerationService service, AccessControl access, InstantSource clock)
    implements Routes {
  private static final Duration FOR_GOOD = Duration.ofDays(3_650);
  private static final int REASON = 200;
  private static final String UNAVAILABLE =
      "the queue or the store did not answer; nothing is promised, and it may still take effect."
          + " Retry in %d s";

  @Override
  public void mount(HttpEventLoop loop) {
    Handler<RoutingContext> moderators = access.require(AccessRole.MODERATOR);
    Handler<RoutingContext> admins = access.require(AccessRole.ADMIN);
    loop.router()
        .put("/streams/:stream/settings")
        .handler(moderators)
        .handler(ctx -> withBody(loop, ctx, 200, this::settings));
    loop.router()
        .delete("/streams/:stream/comments/:id")
        .handler(access.requireToken(AccessRole.VIEWER))
        .handler(ctx -> answer(ctx, 202, delete(ctx)));
    loop.router()
        .post("/streams/:stream/comments/:id/reports")
        .handler(access.require(AccessRole.VIEWER))
        .handler(ctx -> withBody(loop, ctx, 202, this::report));
    JsonResponses.onGet(loop.router(), "/streams/:stream/held", moderators, this::held);
    loop.router()
        .post("/streams/:stream/held/:id")
        .handler(moderators)
        .handler(ctx -> withBody(loop, ctx, 202, this::decide));
    bans(loop, "/streams/:stream/bans", moderators);
    bans(loop, "/bans", admins);
    loop.router()
        .delete("/users/:user")
        .handler(admins)
        .handler(ctx -> answer(ctx, 202, erase(ctx)));
  }

  private void bans(HttpEventLoop loop, String path, Handler<RoutingContext> role) {
    JsonResponses.onGet(loop.router(), path, role, this::listBans);
    loop.router()
        .route(HttpMethod.PUT, path + "/:user")
        .handler(role)
        .handler(ctx -> withBody(loop, ctx, 200, this::ban));
    loop.router()
        .delete(path + "/:user")
        .handler(role)
        .handler(ctx -> answer(ctx, 204, unban(ctx)));
  }

  private void withBody(
      HttpEventLoop loop,
      RoutingContext ctx,
      int status,
      BiFunction<RoutingContext, Map<String, @Nullable Object>, Future<JsonObject>> action) {
    answer(ctx, status, loop.bodies().json(ctx).compose(body -> action.apply(ctx, body)));
  }

  private static void answer(RoutingContext ctx, int status, Future<JsonObject> action) {
    action.onComplete(
        json -> {
          if (status == 204) {
            ctx.response().setStatusCode(204).end();
          } else {
            JsonResponses.send(ctx.request(), status, json);
          }
        },
        cause -> FailureHandler.answer(ctx, AdmissionControl.explained(cause, UNAVAILABLE, "")));
  }

  private static String by(RoutingContext ctx) {
    return Objects.requireNonNullElse(AccessControl.caller(ctx).user(), "");
  }

  private static String stream(RoutingContext ctx) {
    return InputRules.stream(ctx.pathParam("stream"));
  }

  /** The path's stream, or all. */
  private static String scope(RoutingContext ctx) {
    return ctx.pathParam("stream") == null ? Ban.ALL_STREAMS : stream(ctx);
  }

  private static String id(RoutingContext ctx) {
    return Objects.requireNonNull(InputRules.id(ctx.pathParam("id")));
  }

  private static Future<JsonObject> attempt(Function<Void, Future<JsonObject>> action) {
    return Future.<Void>succeededFuture().compose(action);
  }

  private Future<JsonObject> settings(RoutingContext ctx, Map<String, @Nullable Object> body) {
    return service
        .settings(by(ctx), stream(ctx), settings -> settings.with(body))
        .map(StreamSettings::json);
  }

  private Future<JsonObject> delete(RoutingContext ctx) {
    return attempt(
        v -> {
          Caller caller = AccessControl.caller(ctx);
          String named = QueryParameters.text(ctx, "user");
          boolean moderator = caller.role().covers(AccessRole.MODERATOR);
          String author = InputRules.user(moderator ? named : caller.actsAs(named));
          String id = id(ctx);
          String stream = stream(ctx);
          Supplier<Future<Void>> action = () -> service.delete(by(ctx), stream, author, id);
          if (!moderator) {
            access.admit(Action.REPORT, caller, author);
          }
          return (moderator ? action.get() : service.bounded(action))
              .map(JsonObject.of("id", id, "user", author));
        });
  }

  private Future<JsonObject> report(RoutingContext ctx, Map<String, @Nullable Object> body) {
    String by = InputRules.user(AccessControl.caller(ctx).actsAs(body.get("user")));
    String reason = InputRules.text("reason", body.get("reason"));
    Object author = InputRules.given(body, "author");
    String user = author == null ? "" : InputRules.user("author", author);
    String id = id(ctx);
    String stream = stream(ctx);
    access.admit(Action.REPORT, AccessControl.caller(ctx), by);
    return service
        .bounded(() -> service.report(by, stream, user, id, reason))
        .map(JsonObject.of("id", id));
  }

  private Future<JsonObject> held(RoutingContext ctx) {
    return service
        .held(stream(ctx))
        .map(held -> JsonObject.of("held", new JsonArray(held)))
        .recover(ModerationRoutes::unavailable);
  }

  private static <T> Future<T> unavailable(Throwable cause) {
    return Future.failedFuture(AdmissionControl.explained(cause, UNAVAILABLE, ""));
  }

  private Future<JsonObject> decide(RoutingContext ctx, Map<String, @Nullable Object> body) {
    Object action = body.get("action");
    if (!"approve".equals(action) && !"deny".equals(action)) {
      throw Problem.invalid("action", "must be approve or deny").exception();
    }
    Object author = InputRules.given(body, "user");
    String id = id(ctx);
    String user = author == null ? "" : InputRules.user(author);
    String text = body.get("text") == null ? "" : InputRules.text(body.get("text"));
    return service
        .decide(by(ctx), stream(ctx), user, id, text, "approve".equals(action))
        .map(JsonObject.of("id", id));
  }

  private Future<JsonObject> listBans(RoutingContext ctx) {
    String scope = scope(ctx);
    JsonArray bans = new JsonArray();
    service.table().bans(scope).stream()
        .sorted(Comparator.comparing(Active::user))
        .forEach(ban -> bans.add(json(ban)));
    return Future.succeededFuture(JsonObject.of("bans", bans));
  }

  private static JsonObject json(Active active) {
    Ban ban = active.ban();
    JsonObject json = JsonObject.of("user", active.user(), "silent", ban.silent());
    json.put("reason", ban.reason()).put("by", ban.by());
    return json.put(
        "seconds_left",
        active.leftMs() > FOR_GOOD.toMillis() / 2
            ? null
            : TimeUnit.MILLISECONDS.toSeconds(active.leftMs() + 999));
  }

  /** Whose ban the caller may change: not its own, or a ban would not bind a moderator. */
  private String banned(RoutingContext ctx) {
    String user = InputRules.user(ctx.pathParam("user"));
    Caller caller = AccessControl.caller(ctx);
    if (caller.role() == AccessRole.MODERATOR && user.equals(caller.user())) {
      Active ban = service.table().ban(stream(ctx), user);
      if (ban != null && !ban.ban().by().equals(user)) {
        String detail = "user: moderators can't change a ban of their own; ask another one";
        throw new Problem(403, "forbidden", "user", detail).exception();
      }
    }
    return user;
  }

  private Future<JsonObject> ban(RoutingContext ctx, Map<String, @Nullable Object> body) {
    String user = banned(ctx);
    long most = FOR_GOOD.toMillis() / 10;
    Duration length =
        body.containsKey("for")
            ? Duration.ofMillis(DurationText.millis("for", body.get("for"), 1_000, most))
            : FOR_GOOD;
    boolean silent = flag(body, "silent");
    Ban ban = new Ban(silent, reason(body), by(ctx), clock.millis());
    return service
        .ban(scope(ctx), user, ban, length, flag(body, "purge"))
        .map(v -> json(new Active(scope(ctx), user, ban, length.toMillis())));
  }

  /** Other moderators read it, and the banned user: it is held to the rules for texts. */
  private static String reason(Map<String, @Nullable Object> body) {
    Object given = InputRules.given(body, "reason");
    String reason = given == null || given.equals("") ? "" : InputRules.text("reason", given);
    if (reason.codePointCount(0, reason.length()) > REASON) {
      throw Problem.invalid("reason", "must be at most " + REASON + " characters").exception();
    }
    return reason;
  }

  private static boolean flag(Map<String, @Nullable Object> body, String field) {
    Object value = InputRules.given(body, field);
    if (value != null && !(value instanceof Boolean)) {
      throw Problem.invalid(field, "must be true or false").exception();
    }
    return Boolean.TRUE.equals(value);
  }

  private Future<JsonObject> unban(RoutingContext ctx) {
    return attempt(v -> service.unban(by(ctx), scope(ctx), banned(ctx)).map(new JsonObject()));
  }

  private Future<JsonObject> erase(RoutingContext ctx) {
    return attempt(
        v -> {
          String user = InputRules.user(ctx.pathParam("user"));
          return service.erase(by(ctx), user).map(JsonObject.of("user", user));
        });
  }
}
