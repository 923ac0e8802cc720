package io.ovation.operate;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.ovation.http.HttpEventLoop;
import io.ovation.http.Routes;
import io.ovation.http.problem.Problem;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.HostAndPort;
import io.vertx.ext.web.RoutingContext;
import java.security.MessageDigest;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Lets only those pass to the operators' routes who have {@code operate.token}, if it is set, and
 * no page of another origin. The routes of {@code /health} stay open for probes, and the files of
 * the operators' page, which asks for the token. To be mounted before all others.
 *
 * @param token empty: everybody who reaches the port passes, and it listens on loopback only
 */
public record OperatorAccess(String token) implements Routes {
  private static final Pattern LOOPBACK =
      Pattern.compile("localhost|127\\.\\d+\\.\\d+\\.\\d+|\\[?::1\\]?");

  /** The page's own files: it asks for the token. */
  private static final Set<String> PAGE =
      Set.of(
          "/admin",
          "/admin/app.js",
          "/admin/server.js",
          "/admin/plot.js",
          "/admin/letters.js",
          "/admin/stream.js",
          "/admin/style.css",
          "/icon.svg");

  @Override
  public void mount(HttpEventLoop loop) {
    loop.router().route().handler(this::check);
  }

  private void check(RoutingContext ctx) {
    String foreign = foreign(ctx.request());
    if (foreign != null) {
      ctx.fail(new Problem(403, "forbidden", null, foreign).exception());
      return;
    }
    // As it was sent: what a route would match otherwise is refused before.
    String path = String.valueOf(ctx.request().path());
    if (path.startsWith("/health/") || PAGE.contains(path) || allowed(ctx)) {
      ctx.next();
      return;
    }
    ctx.response().putHeader("www-authenticate", "Bearer");
    String detail =
        "this port is for operators: send \"Authorization: Bearer …\" with the value of"
            + " operate.token";
    ctx.fail(new Problem(401, "unauthorized", null, detail).exception());
  }

  /**
   * Why a request is refused that a page of somebody else made in an operator's browser; null if it
   * was not. Browsers name the page's origin with every request that could change something. A name
   * of another's that points to loopback (DNS rebinding) shows in {@code Host}; where a token is
   * needed it does not help, since such a page does not have it.
   */
  private @Nullable String foreign(HttpServerRequest request) {
    HostAndPort host = request.authority();
    if (token.isEmpty() && host != null && !LOOPBACK.matcher(host.host()).matches()) {
      return "Host: without operate.token this port answers only to localhost and 127.0.0.1";
    }
    String origin = request.getHeader(HttpHeaders.ORIGIN);
    String name = request.getHeader(HttpHeaders.HOST);
    // A proxy in front may have the TLS.
    boolean own =
        origin == null
            || (host != null
                && (origin.equals("http://" + name) || origin.equals("https://" + name)));
    return own ? null : "Origin: pages of other origins may not use the operators' port";
  }

  private boolean allowed(RoutingContext ctx) {
    if (token.isEmpty()) {
      return true;
    }
    List<String> given = ctx.request().headers().getAll(HttpHeaders.AUTHORIZATION);
    String header = given.size() == 1 ? given.get(0) : null;
    byte[] expected = ("Bearer " + token).getBytes(UTF_8);
    return header != null && MessageDigest.isEqual(header.getBytes(UTF_8), expected);
  }
}
