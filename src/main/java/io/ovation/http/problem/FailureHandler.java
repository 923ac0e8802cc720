package io.ovation.http.problem;

import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Answers failed requests with problems; stack traces are in the log only. */
public final class FailureHandler {
  private static final Logger log = LoggerFactory.getLogger(FailureHandler.class);

  private FailureHandler() {}

  /**
   * Makes {@code router} answer every failure with a problem.
   *
   * @param notFound the problem for unknown paths
   */
  public static void install(Router router, Supplier<Problem> notFound) {
    for (int code = 400; code < 600; code++) {
      int status = code;
      router.errorHandler(status, ctx -> answer(ctx, status, router));
    }
    router.errorHandler(404, ctx -> ProblemResponses.send(ctx.request(), notFound.get()));
  }

  /** Answers with the problem that {@code cause} carries; otherwise 500, and logs the cause. */
  public static void answer(HttpServerRequest request, Throwable cause) {
    if (cause instanceof ProblemException refusal) {
      ProblemResponses.send(request, refusal.problem());
      return;
    }
    String errorId = Long.toHexString(ThreadLocalRandom.current().nextLong());
    log.error("Error {}: {} {} failed", errorId, request.method(), request.path(), cause);
    ProblemResponses.send(request, ProblemResponses.unexpected(errorId));
  }

  /** Answers requests that are not HTTP, or whose request line or headers are too long. */
  public static void unreadable(HttpServerRequest request) {
    Throwable cause = request.decoderResult().cause();
    Problem problem;
    if (cause instanceof TooLongHttpLineException) {
      problem = new Problem(414, "too_large", "path", "path: the request line is too long", 0);
    } else if (cause instanceof TooLongHttpHeaderException) {
      problem = new Problem(431, "too_large", null, "the headers are too long", 0);
    } else {
      problem = new Problem(400, "invalid", null, "this is not an HTTP/1.1 request", 0);
    }
    request.response().putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
    ProblemResponses.send(request, problem);
    request.connection().close();
  }

  private static void answer(RoutingContext ctx, int status, Router router) {
    HttpServerRequest request = ctx.request();
    Throwable cause = ctx.failure();
    switch (status) {
      case 405 -> methodNotAllowed(ctx, router);
      case 400 -> ProblemResponses.send(request, badRequest(ctx, router));
      default -> {
        if (cause == null) {
          ProblemResponses.send(request, new Problem(status, "refused", null, "refused", 0));
        } else {
          answer(request, cause);
        }
      }
    }
  }

  private static void methodNotAllowed(RoutingContext ctx, Router router) {
    Set<String> allowed = RouteTemplates.methods(router, ctx.normalizedPath());
    String list = String.join(", ", allowed);
    ctx.response().putHeader(HttpHeaders.ALLOW, list);
    ProblemResponses.send(
        ctx.request(),
        new Problem(
            405,
            "method_not_allowed",
            null,
            "this path does not take " + ctx.request().method() + "; it takes " + list,
            0));
  }

  /** Vert.x itself refuses paths that it can't decode, and requests without a host. */
  private static Problem badRequest(RoutingContext ctx, Router router) {
    if (ctx.failure() instanceof ProblemException refusal) {
      return refusal.problem();
    }
    if (ctx.failure() == null) {
      String path = ctx.request().path();
      String field = path.contains("%") ? RouteTemplates.undecodable(router, path) : "query";
      return Problem.invalid(field, "is not percent-encoded UTF-8");
    }
    if (ctx.request().authority() == null) {
      return Problem.invalid("Host", "the header is missing or malformed");
    }
    return Problem.invalid("body", "is not what its Content-Type says");
  }
}
