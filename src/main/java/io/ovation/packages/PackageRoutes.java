package io.ovation.packages;

import io.ovation.http.Bodies;
import io.ovation.http.Failures;
import io.ovation.http.FrontLoop;
import io.ovation.http.Problem;
import io.ovation.http.ProblemException;
import io.ovation.http.Problems;
import io.ovation.http.Routes;
import io.ovation.packages.PackageIntake.Accepted;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;

/** {@code POST /packages} and {@code GET /packages/{id}}. */
public final class PackageRoutes implements Routes {
  private final PackageIntake intake;
  private final long bodyLimit;

  /**
   * @param bodyLimit bytes ({@code http.body_limit})
   */
  public PackageRoutes(PackageIntake intake, long bodyLimit) {
    this.intake = intake;
    this.bodyLimit = bodyLimit;
  }

  @Override
  public void mount(FrontLoop loop) {
    Bodies bodies = new Bodies(loop.vertx(), bodyLimit);
    loop.router().post("/packages").handler(ctx -> submit(bodies, ctx.request()));
    loop.router()
        .route("/packages/:id")
        .method(HttpMethod.GET)
        .method(HttpMethod.HEAD)
        .handler(this::find);
  }

  private void submit(Bodies bodies, HttpServerRequest request) {
    bodies
        .json(request)
        .map(PackageFields::of)
        .compose(intake::submit)
        .onComplete(accepted -> accepted(request, accepted), cause -> refused(request, cause));
  }

  private static void accepted(HttpServerRequest request, Accepted accepted) {
    PackageState state = accepted.state();
    if (accepted.repeated()) {
      answer(request, 200, StateJson.shown(state));
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
    Failures.answer(request, cause);
  }

  private void find(RoutingContext ctx) {
    HttpServerRequest request = ctx.request();
    String id = ctx.pathParam("id");
    String fault = PackageFields.idFault(id);
    if (fault != null) {
      Failures.answer(request, Problem.invalid("id", fault).exception());
      return;
    }
    intake
        .find(id)
        .onComplete(
            found ->
                found.ifPresentOrElse(
                    state -> answer(request, 200, StateJson.shown(state)),
                    () -> unknown(request, id)),
            cause -> Failures.answer(request, cause));
  }

  private static void unknown(HttpServerRequest request, String id) {
    Problems.send(
        request,
        Problems.notFound(
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
