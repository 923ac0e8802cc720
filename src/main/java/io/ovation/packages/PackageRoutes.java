package io.ovation.packages;

import io.ovation.http.HttpEventLoop;
import io.ovation.http.Routes;
import io.ovation.http.body.JsonBodies;
import io.ovation.http.problem.FailureHandler;
import io.ovation.http.problem.Problem;
import io.ovation.http.problem.ProblemException;
import io.ovation.http.problem.ProblemResponses;
import io.ovation.packages.PackageService.Accepted;
import io.ovation.packages.state.PackageState;
import io.ovation.packages.state.PackageStateJson;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;

/** {@code POST /packages} and {@code GET /packages/{id}}. */
public final class PackageRoutes implements Routes {
  private final PackageService intake;
  private final long bodyLimit;

  /**
   * @param bodyLimit bytes ({@code http.body_limit})
   */
  public PackageRoutes(PackageService intake, long bodyLimit) {
    this.intake = intake;
    this.bodyLimit = bodyLimit;
  }

  @Override
  public void mount(HttpEventLoop loop) {
    JsonBodies bodies = new JsonBodies(loop.vertx(), bodyLimit);
    loop.router().post("/packages").handler(ctx -> submit(bodies, ctx.request()));
    loop.router()
        .route("/packages/:id")
        .method(HttpMethod.GET)
        .method(HttpMethod.HEAD)
        .handler(this::find);
  }

  private void submit(JsonBodies bodies, HttpServerRequest request) {
    bodies
        .json(request)
        .map(PackageSubmission::of)
        .compose(intake::submit)
        .onComplete(accepted -> accepted(request, accepted), cause -> refused(request, cause));
  }

  private static void accepted(HttpServerRequest request, Accepted accepted) {
    PackageState state = accepted.state();
    if (accepted.repeated()) {
      answer(request, 200, PackageStateJson.shown(state));
    } else {
      answer(
          request,
          202,
          new JsonObject().put("id", state.id()).put("status", state.status().text()));
    }
  }

  private void refused(HttpServerRequest request, Throwable cause) {
    if (cause instanceof ProblemException refusal) {
      intake.meters().refused(refusal.problem());
    }
    FailureHandler.answer(request, cause);
  }

  private void find(RoutingContext ctx) {
    HttpServerRequest request = ctx.request();
    String id = ctx.pathParam("id");
    String fault = PackageSubmission.idFault(id);
    if (fault != null) {
      FailureHandler.answer(request, Problem.invalid("id", fault).exception());
      return;
    }
    intake
        .find(id)
        .onComplete(
            found ->
                found.ifPresentOrElse(
                    state -> answer(request, 200, PackageStateJson.shown(state)),
                    () -> unknown(request, id)),
            cause -> FailureHandler.answer(request, cause));
  }

  private static void unknown(HttpServerRequest request, String id) {
    ProblemResponses.send(
        request,
        ProblemResponses.notFound(
            "package "
                + id
                + " was never submitted, or is forgotten: a status is kept for packages.ttl after"
                + " its last change"));
  }

  private static void answer(HttpServerRequest request, int status, JsonObject body) {
    request
        .response()
        .setStatusCode(status)
        .putHeader(HttpHeaders.CONTENT_TYPE, "application/json")
        .putHeader(HttpHeaders.CACHE_CONTROL, "no-store")
        .end(body.toBuffer());
  }
}
