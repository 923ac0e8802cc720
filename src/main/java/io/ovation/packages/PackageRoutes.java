package io.ovation.packages;

import io.ovation.async.Futures;
import io.ovation.auth.AccessControl;
import io.ovation.auth.AccessRole;
import io.ovation.http.HttpEventLoop;
import io.ovation.http.RequestTrace;
import io.ovation.http.Routes;
import io.ovation.http.body.JsonBodies;
import io.ovation.http.body.JsonResponses;
import io.ovation.http.problem.FailureHandler;
import io.ovation.http.problem.Problem;
import io.ovation.packages.PackageService.Accepted;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;

/** {@code POST /packages}, {@code GET /packages/{id}} and {@code POST /packages/{id}/send-back}. */
public record PackageRoutes(PackageService packages, AccessControl access) implements Routes {
  @Override
  public void mount(HttpEventLoop loop) {
    JsonBodies bodies = loop.bodies();
    Handler<RoutingContext> services = access.require(AccessRole.SERVICE);
    loop.router().post("/packages").handler(services).handler(ctx -> submit(bodies, ctx));
    loop.router().post("/packages/:id/send-back").handler(services).handler(this::sendBack);
    JsonResponses.onGet(loop.router(), "/packages/:id", services, this::find);
  }

  private void submit(JsonBodies bodies, RoutingContext ctx) {
    HttpServerRequest request = ctx.request();
    bodies
        .json(ctx)
        .map(PackageSubmission::of)
        .onFailure(packages.admission()::refused)
        .compose(submission -> packages.submit(submission, RequestTrace.parent(ctx)))
        .onComplete(
            accepted -> accepted(request, accepted), cause -> FailureHandler.answer(ctx, cause));
  }

  private static void accepted(HttpServerRequest request, Accepted accepted) {
    PackageState state = accepted.state();
    if (accepted.repeated()) {
      JsonResponses.send(request, 200, state.shown());
    } else {
      JsonResponses.send(
          request,
          202,
          new JsonObject().put("id", state.id()).put("status", state.status().text()));
    }
  }

  private Future<JsonObject> find(RoutingContext ctx) {
    String id = ctx.pathParam("id");
    Problem.require("id", PackageSubmission.idFault(id));
    return packages
        .find(id)
        .map(found -> found.orElseThrow(() -> PackageService.unknown(id)).shown());
  }

  private void sendBack(RoutingContext ctx) {
    HttpServerRequest request = ctx.request();
    String id = ctx.pathParam("id");
    Futures.attempt(
            () -> {
              Problem.require("id", PackageSubmission.idFault(id));
              return packages.sendBack(id);
            })
        .onComplete(
            state -> accepted(request, new Accepted(state, false)),
            cause -> FailureHandler.answer(ctx, cause));
  }
}
