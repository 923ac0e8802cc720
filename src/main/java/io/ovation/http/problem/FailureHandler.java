package io.ovation.http.problem;

import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.netty.handler.codec.http.websocketx.WebSocketHandshakeException;
import io.ovation.http.HttpMetrics.Refusal;
import io.ovation.http.RequestIds;
import io.ovation.http.body.MessageIds;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.Route;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.net.ProtocolException;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
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
    router.errorHandler(404, ctx -> send(ctx.request(), notFound.get()));
  }

  /**
   * Answers with the problem that {@code cause} carries; otherwise 500, and logs the cause. The
   * problem has the id of the message that is refused, as far as it was read.
   */
  public static void answer(RoutingContext ctx, Throwable cause) {
    String id = MessageIds.of(ctx);
    send(ctx.request(), problem(ctx.request(), cause, id), id);
  }

  /** As above, where there is no message. */
  public static void answer(HttpServerRequest request, Throwable cause) {
    send(request, problem(request, cause, null));
  }

  /**
   * The problem that {@code cause} carries; otherwise 500, and logs the cause.
   *
   * @param id of the message; null if it is not known
   */
  public static Problem problem(HttpServerRequest request, Throwable cause, @Nullable String id) {
    if (cause instanceof ProblemException refusal) {
      return refusal.problem();
    }
    if (cause instanceof WebSocketHandshakeException) {
      return Problem.invalid("Upgrade", "this is not a WebSocket handshake (RFC 6455)");
    }
    String errorId = Long.toHexString(ThreadLocalRandom.current().nextLong());
    RequestIds.logged(
        request,
        id,
        () -> log.error("Error {}: {} failed", errorId, RouteTemplates.named(request), cause));
    String why =
        "the server failed in a way it did not expect; its log has the cause under error id ";
    return new Problem(500, "internal", null, why + errorId);
  }

  /** Answers with {@code problem}, unless an answer has begun already. */
  public static void send(HttpServerRequest request, Problem problem) {
    send(request, problem, null);
  }

  private static void send(HttpServerRequest request, Problem problem, @Nullable String id) {
    if (log.isDebugEnabled()) {
      logRefusal(request, problem, id);
    }
    HttpServerResponse response = request.response();
    if (response.ended() || response.headWritten() || response.closed()) {
      return;
    }
    RefusalMetrics.refused(request, problem);
    if (EventStreams.accepts(request)) {
      EventStreams.refuse(request, problem);
      return;
    }
    response.setStatusCode(problem.status());
    problem.headers().forEach(response::putHeader);
    response.end(problem.text(id));
  }

  /** For a refusal that is answered elsewhere: counts and logs it. */
  public static void refused(HttpServerRequest request, Problem problem, @Nullable String id) {
    RefusalMetrics.refused(request, problem);
    logRefusal(request, problem, id);
  }

  /** Neither its detail, which may quote the message, nor the path, which may name a user. */
  private static void logRefusal(HttpServerRequest request, Problem problem, @Nullable String id) {
    RequestIds.logged(
        request,
        id,
        () ->
            log.debug(
                "{} is refused: {} {} {}",
                RouteTemplates.named(request),
                problem.status(),
                problem.code(),
                problem.field()));
  }

  /**
   * Answers a request that is not HTTP, or whose request line or headers are too long.
   *
   * @param counted called with the reason
   */
  public static void unreadable(HttpServerRequest request, Consumer<Refusal> counted) {
    Throwable cause = request.decoderResult().cause();
    Refusal why = Refusal.MALFORMED;
    Problem problem = new Problem(400, "invalid", null, "this is not an HTTP/1.1 request");
    if (cause instanceof ProtocolException && !"".equals(cause.getMessage())) {
      String detail = String.valueOf(cause.getMessage());
      String field = detail.substring(0, detail.indexOf(':'));
      problem = new Problem(400, "invalid", field, detail);
    } else if (cause instanceof TooLongHttpLineException) {
      why = Refusal.LINE;
      problem = new Problem(414, "too_large", "path", "path: the request line is too long");
    } else if (cause instanceof TooLongHttpHeaderException) {
      why = Refusal.HEADERS;
      problem = new Problem(431, "too_large", null, "the headers are too long");
    }
    counted.accept(why);
    request.response().putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
    send(request, problem);
    request.connection().close();
  }

  private static void answer(RoutingContext ctx, int status, Router router) {
    HttpServerRequest request = ctx.request();
    if (status == 405) {
      methodNotAllowed(ctx, router);
    } else if (status == 400) {
      send(request, badRequest(ctx, router));
    } else if (status == 413) {
      send(
          request, new Problem(status, "too_large", "body", "body: longer than what is read here"));
    } else if (ctx.failure() == null) {
      send(request, new Problem(status, "refused", null, "refused"));
    } else {
      answer(ctx, ctx.failure());
    }
  }

  private static void methodNotAllowed(RoutingContext ctx, Router router) {
    String allowed =
        RouteTemplates.at(router, ctx.normalizedPath())
            .map(Route::methods)
            .filter(Objects::nonNull)
            .flatMap(methods -> methods.stream().map(HttpMethod::name))
            .distinct()
            .sorted()
            .collect(Collectors.joining(", "));
    methodNotAllowed(ctx.request(), allowed);
  }

  /**
   * Answers a request whose path takes other methods.
   *
   * @param allowed these, as in {@code Allow}
   */
  public static void methodNotAllowed(HttpServerRequest request, String allowed) {
    request.response().putHeader(HttpHeaders.ALLOW, allowed);
    String why = "this path does not take " + request.method() + "; it takes " + allowed;
    send(request, new Problem(405, "method_not_allowed", null, why));
  }

  /** Vert.x itself refuses paths that it can't decode, and requests without a host. */
  private static Problem badRequest(RoutingContext ctx, Router router) {
    if (ctx.failure() instanceof ProblemException refusal) {
      return refusal.problem();
    }
    if (ctx.failure() == null) {
      String path = ctx.request().path();
      String field = path.contains("%") ? RouteTemplates.encodedParameter(router, path) : "query";
      return Problem.invalid(field, "is not percent-encoded UTF-8");
    }
    if (ctx.request().authority() == null) {
      return Problem.invalid("Host", "the header is missing or malformed");
    }
    return Problem.invalid("body", "is not what its Content-Type says");
  }
}
