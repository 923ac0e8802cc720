package io.ovation.operate;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.ovation.http.HttpEventLoop;
import io.ovation.http.Routes;
import io.ovation.http.problem.Problem;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.RoutingContext;
import java.security.MessageDigest;

/**
 * Lets only those pass to the operators' routes who have {@code operate.token}, if it is set. The
 * routes of {@code /health} stay open for probes. To be mounted before all others.
 *
 * @param token empty: everybody who reaches the port passes, and it listens on loopback only
 */
public record OperatorAccess(String token) implements Routes {

  @Override
  public void mount(HttpEventLoop loop) {
    if (!token.isEmpty()) {
      loop.router().route().handler(this::check);
    }
  }

  private void check(RoutingContext ctx) {
    // As it was sent: what a route would match otherwise is refused before.
    String path = ctx.request().path();
    if ((path != null && path.startsWith("/health/")) || allowed(ctx)) {
      ctx.next();
      return;
    }
    ctx.response().putHeader("www-authenticate", "Bearer");
    String detail =
        "this port is for operators: send \"Authorization: Bearer …\" with the value of"
            + " operate.token";
    ctx.fail(new Problem(401, "unauthorized", null, detail).exception());
  }

  private boolean allowed(RoutingContext ctx) {
    String header = ctx.request().getHeader(HttpHeaders.AUTHORIZATION);
    byte[] expected = ("Bearer " + token).getBytes(UTF_8);
    return header != null && MessageDigest.isEqual(header.getBytes(UTF_8), expected);
  }
}
