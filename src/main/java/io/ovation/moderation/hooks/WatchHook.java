package io.ovation.moderation.hooks;

import io.ovation.auth.Caller;
import io.ovation.auth.Profile;
import io.ovation.config.Config;
import io.ovation.http.problem.Problem;
import io.ovation.metrics.Metrics;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.time.InstantSource;

/** Decides who may watch, after their token did. Any thread. */
@FunctionalInterface
public interface WatchHook {
  WatchHook NONE = (caller, stream, user, traceparent) -> Future.succeededFuture(caller);

  /**
   * @param user that the caller watches as
   * @param traceparent of the request to watch; empty for none
   * @return the caller, maybe with another profile; fails with {@code ProblemException}
   */
  Future<Caller> admit(Caller caller, String stream, String user, String traceparent);

  /** The hook of {@code hooks.watch}. */
  static WatchHook of(Vertx vertx, Config.Hooks config, InstantSource clock, Metrics metrics) {
    if (config.watch().isEmpty()) {
      return NONE;
    }
    HookClient client = new HookClient(vertx, "watch", config.watch(), config, clock, metrics);
    return (caller, stream, user, traceparent) ->
        client
            .ask(request(caller, stream, user), traceparent)
            .transform(
                asked ->
                    asked.succeeded()
                        ? decide(caller, asked.result())
                        : unanswered(caller, config.onTimeout()));
  }

  private static JsonObject request(Caller caller, String stream, String user) {
    JsonObject json =
        JsonObject.of("type", "watch", "stream", stream, "user", user)
            .put("role", caller.role().text())
            .put("token", caller.hasToken());
    String profile = caller.profile();
    return profile == null ? json : json.put("profile", new JsonObject(profile));
  }

  private static Future<Caller> decide(Caller caller, HookAnswer said) {
    if (said.action() == HookAnswer.Action.DENY) {
      String reason = said.reason();
      String detail = "this site does not let you watch" + (reason.isEmpty() ? "" : ": " + reason);
      return Future.failedFuture(new Problem(403, "denied", null, detail).exception());
    }
    String profile = said.profile() == null ? null : Profile.encode(said.profile());
    return Future.succeededFuture(profile == null ? caller : caller.withProfile(profile));
  }

  private static Future<Caller> unanswered(Caller caller, String onTimeout) {
    String detail = "this site's own check of viewers did not answer; retry in 2 s";
    return onTimeout.equals("deny")
        ? Future.failedFuture(Problem.unavailable(detail, 2).exception())
        : Future.succeededFuture(caller);
  }
}
