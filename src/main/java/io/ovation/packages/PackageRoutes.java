package io.ovation.packages;

import io.ovation.http.HttpEventLoop;
import io.ovation.http.Routes;
import io.ovation.http.body.JsonBodies;
import io.ovation.http.body.JsonResponses;
import io.ovation.http.problem.FailureHandler;
import io.ovation.http.problem.Problem;
import io.ovation.http.problem.ProblemException;
import io.ovation.http.problem.ProblemResponses;
import io.ovation.packages.PackageService.Accepted;
import io.ovation.packages.state.PackageState;
import io.ovation.packages.state.PackageStateJson;
import io.vertx.core.Future;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;

/** {@code POST /packages} and {@code GET /packages/{id}}. */
public final class PackageRoutes implements Routes {
  private final PackageService packages;
  private final long bodyLimit;

  /**
   * @param bodyLimit bytes ({@code http.body_limit})
   */
  public PackageRoutes(PackageService packages, long bodyLimit) {
    this.packages = packages;
    this.bodyLimit = bodyLimit;
  }

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
        .compose(packages::submit)
        .onFailure(packages.admission()::refused)
        .onComplete(
            accepted -> accepted(request, accepted),
            cause -> FailureHandler.answer(request, cause));
  }

  private static void accepted(HttpServerRequest request, Accepted accepted) {
    PackageState state = accepted.state();
    if (accepted.repeated()) {
      JsonResponses.send(request, 200, PackageStateJson.shown(state));
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
        .map(found -> PackageStateJson.shown(found.orElseThrow(() -> unknown(id))));
  }

  private static ProblemException unknown(String id) {
    return ProblemResponses.notFound(
            "package "
                + id
                + " was never submitted, or is forgotten: a status is kept for packages.ttl after"
                + " its last change")
        .exception();
  }
}
