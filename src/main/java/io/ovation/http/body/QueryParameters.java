package io.ovation.http.body;

import io.ovation.http.problem.Problem;
import io.vertx.core.MultiMap;
import io.vertx.ext.web.RoutingContext;
import org.jspecify.annotations.Nullable;

/** Reads a request's query. Throws a 400 that names the invalid parameter. */
public final class QueryParameters {
  private QueryParameters() {}

  /** The parameter's first value, or null. */
  public static @Nullable String text(RoutingContext ctx, String name) {
    MultiMap query;
    try {
      query = ctx.queryParams();
    } catch (RuntimeException undecodable) {
      throw Problem.invalid("query", "is not percent-encoded UTF-8").exception();
    }
    return query.get(name);
  }

  /**
   * A whole number.
   *
   * @param min the least that is allowed
   * @param max the greatest that is allowed
   * @param absent what an absent parameter stands for
   */
  public static int number(RoutingContext ctx, String name, int min, int max, int absent) {
    String text = text(ctx, name);
    if (text == null) {
      return absent;
    }
    try {
      int number = Integer.parseInt(text);
      if (number >= min && number <= max) {
        return number;
      }
    } catch (NumberFormatException e) {
      // Refused below.
    }
    throw Problem.invalid(name, "must be a whole number from " + min + " to " + max).exception();
  }
}
