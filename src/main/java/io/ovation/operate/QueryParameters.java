package io.ovation.operate;

import io.ovation.http.problem.Problem;
import io.vertx.core.MultiMap;
import io.vertx.ext.web.RoutingContext;
import org.jspecify.annotations.Nullable;

/** Reads a request's query. A fault throws a 400 that names the parameter. */
final class QueryParameters {
  private QueryParameters() {}

  /** The parameter's first value, or null. */
  static @Nullable String text(RoutingContext ctx, String name) {
    MultiMap query;
    try {
      query = ctx.queryParams();
    } catch (RuntimeException undecodable) {
      throw Problem.invalid("query", "is not percent-encoded UTF-8").exception();
    }
    return query.get(name);
  }

  /** A whole number within the bounds, both included. */
  static int number(RoutingContext ctx, String name, int least, int most, int unset) {
    String text = text(ctx, name);
    if (text == null) {
      return unset;
    }
    try {
      int number = Integer.parseInt(text);
      if (number >= least && number <= most) {
        return number;
      }
    } catch (NumberFormatException e) {
      // As below.
    }
    throw Problem.invalid(name, "must be a whole number from " + least + " to " + most).exception();
  }
}
