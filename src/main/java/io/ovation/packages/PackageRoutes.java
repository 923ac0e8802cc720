package io.ovation.packages;

import io.ovation.http.HttpEventLoop;
import io.ovation.http.Routes;
import io.ovation.http.body.JsonBodies;
import io.ovation.http.body.JsonResponses;
import io.ovation.http.problem.FailureHandler;
import io.ovation.http.problem.Problem;
import io.ovation.http.problem.ProblemException;
import io.ovation.packages.PackageService.Accepted;
import io.vertx.core.Future;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;

/**
 * {@code POST /packages} and {@code GET /packages/{id}}.
 *
 * @param bodyLimit bytes ({@code http.body_limit})
 */
public record PackageRoutes(PackageService packages, long bodyLimit) implements Routes {
  @Override
  public void mount(HttpEventLoop loop) {
    JsonBodies bodies = new JsonBodies(loop.vertx(), bodyLimit);
    loop.router().post("/packages").handler(ctx -> submit(bodies, ctx.request()));
    JsonResponses.onGet(loop.router(), "/packages/:id", this::find);
  }

  private void submit(JsonBodies bodies, HttpServerRequest request) {
    bodies
        .json(request)
        .map(PackageSubmission::of)
        .onFailure(packages.admission()::refused)
        .compose(packages::submit)
        .onComplete(
            accepted -> accepted(request, accepted),
            cause -> FailureHandler.answer(request, cause));
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
    return packages.find(id).map(found -> found.orElseThrow(() -> unknown(id)).shown());
  }

  private static ProblemException unknown(String id) {
    return Problem.notFound(
            "package "
                + id
                + " was never submitted, or is forgotten: a status is kept for packages.ttl after"
                + " its last change")
        .exception();
  }
}
