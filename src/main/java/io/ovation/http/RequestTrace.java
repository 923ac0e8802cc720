package io.ovation.http;

import io.ovation.trace.TraceSpan;
import io.ovation.trace.Traces;
import io.vertx.ext.web.RoutingContext;
import org.jspecify.annotations.Nullable;

/**
 * The span of a request: it continues the trace of the caller's {@code traceparent}, or begins one.
 * Only what is sampled has one. On the request's event loop.
 */
public final class RequestTrace {
  private static final String KEY = RequestTrace.class.getName();

  private RequestTrace() {}

  static void begin(RoutingContext ctx) {
    String path = ctx.request().path();
    if (!Traces.on() || path == null || path.startsWith("/health")) {
      return;
    }
    TraceSpan span = Traces.enter("request", ctx.request().getHeader("traceparent"));
    if (span != null) {
      ctx.put(KEY, span);
    }
  }

  /**
   * @param route the template of the request's path
   */
  static void end(RoutingContext ctx, String method, String route, int code) {
    TraceSpan span = of(ctx);
    if (span != null) {
      span.rename(method + " " + route);
      span.set("http.request.method", method)
          .set("http.route", route)
          .set("http.response.status_code", code);
      if (code >= 500) {
        span.fail(Integer.toString(code));
      }
      span.end();
    }
  }

  /** The request's span; null if it is not sampled. */
  public static @Nullable TraceSpan of(RoutingContext ctx) {
    return Traces.on() ? ctx.get(KEY) : null;
  }

  /** Where the request is in its trace; empty if it is not sampled. */
  public static String parent(RoutingContext ctx) {
    TraceSpan span = of(ctx);
    return span == null ? "" : span.traceparent();
  }
}
