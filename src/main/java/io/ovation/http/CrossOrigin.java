package io.ovation.http;

import io.ovation.http.problem.FailureHandler;
import io.ovation.http.problem.Problem;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Lets pages of the origins in {@code http.origins} use the API (CORS), never with credentials:
 * nothing here reads a cookie. Errors have the headers too, or a page could not read them.
 */
public final class CrossOrigin {
  private static final String METHODS = "GET, HEAD, POST, PUT, DELETE";
  private static final String HEADERS =
      "Authorization, Content-Type, Last-Event-ID, Traceparent, Tracestate, X-Request-Id";
  private static final String EXPOSED = "Retry-After, WWW-Authenticate, X-Request-Id";
  private static final String EVERY = "*";

  /** SockJS's iframe has the server's own origin: what it sends passes for a listed page's. */
  private static final String IFRAME = "/live/iframe";

  private static final String FRAMED_BY = "frame-ancestors ";
  private static final String MAX_AGE_SECONDS = "86400";

  private final List<String> origins;

  /**
   * @param origins {@code http.origins}; empty if no page uses the server
   */
  CrossOrigin(List<String> origins) {
    this.origins = List.copyOf(origins);
  }

  /** Answers preflights, and adds the headers to every other answer. Before all routes. */
  void handle(RoutingContext ctx) {
    HttpServerRequest request = ctx.request();
    String origin = request.getHeader(HttpHeaders.ORIGIN);
    boolean preflight =
        origin != null
            && request.method().equals(HttpMethod.OPTIONS)
            && request.headers().contains(HttpHeaders.ACCESS_CONTROL_REQUEST_METHOD);
    if (preflight && !allows(origin)) {
      FailureHandler.send(request, refusal());
      return;
    }
    // A page can send SockJS's requests without asking before (a "simple request").
    if (origin != null && !allows(origin) && String.valueOf(request.path()).startsWith("/live/")) {
      FailureHandler.send(request, refusal());
      return;
    }
    if (!origins.contains(EVERY) && String.valueOf(request.path()).startsWith(IFRAME)) {
      ctx.response().putHeader("Content-Security-Policy", FRAMED_BY + String.join(" ", origins));
    }
    String allowed = allowed(origin);
    // At the end: SockJS would allow credentials.
    ctx.addHeadersEndHandler(ignored -> put(ctx.response().headers(), allowed));
    if (preflight) {
      ctx.response()
          .setStatusCode(204)
          .putHeader(HttpHeaders.ACCESS_CONTROL_ALLOW_METHODS, METHODS)
          .putHeader(HttpHeaders.ACCESS_CONTROL_ALLOW_HEADERS, HEADERS)
          .putHeader(HttpHeaders.ACCESS_CONTROL_MAX_AGE, MAX_AGE_SECONDS)
          .end();
    } else {
      ctx.put(CrossOrigin.class.getName(), allowed == null ? "" : allowed);
      ctx.next();
    }
  }

  /** Lets the page read an answer that no route gives; before it is sent. */
  void expose(HttpServerRequest request) {
    if (!origins.isEmpty()) {
      put(request.response().headers(), allowed(request.getHeader(HttpHeaders.ORIGIN)));
    }
  }

  /** Refuses an upgrade that a page of another origin asks for; null if it may be. */
  @Nullable Problem refusal(HttpServerRequest upgrade) {
    String origin = upgrade.getHeader(HttpHeaders.ORIGIN);
    return origin == null || origins.isEmpty() || allows(origin) ? null : refusal();
  }

  /**
   * For an answer that is written without Vert.x: the value of {@code Access-Control-Allow-Origin};
   * empty for none.
   */
  public static String allowedFor(RoutingContext ctx) {
    String allowed = ctx.get(CrossOrigin.class.getName());
    return allowed == null ? "" : allowed;
  }

  private static Problem refusal() {
    String detail = "Origin: pages of this origin may not use this server (http.origins)";
    return new Problem(403, "forbidden", "Origin", detail);
  }

  private boolean allows(String origin) {
    return origins.contains(EVERY) || origins.contains(origin);
  }

  private @Nullable String allowed(@Nullable String origin) {
    if (origins.contains(EVERY)) {
      return EVERY;
    }
    return origin != null && origins.contains(origin) ? origin : null;
  }

  private void put(MultiMap headers, @Nullable String allowed) {
    headers.remove(HttpHeaders.ACCESS_CONTROL_ALLOW_CREDENTIALS);
    if (allowed == null) {
      headers.remove(HttpHeaders.ACCESS_CONTROL_ALLOW_ORIGIN);
    } else {
      headers.set(HttpHeaders.ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
      headers.set(HttpHeaders.ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    }
    if (!origins.isEmpty()) {
      String vary = headers.get(HttpHeaders.VARY);
      headers.set(HttpHeaders.VARY, vary == null ? "Origin" : vary + ", Origin");
    }
  }
}
