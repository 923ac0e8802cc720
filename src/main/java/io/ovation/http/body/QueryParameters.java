package io.ovation.http.body;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.handler.codec.http.QueryStringDecoder;
import io.ovation.http.problem.Problem;
import io.vertx.core.MultiMap;
import io.vertx.ext.web.RoutingContext;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads a request's query. Throws a 400 that names the invalid parameter. */
public final class QueryParameters {
  private static final Pattern INTEGER = Pattern.compile("0|-?[1-9][0-9]{0,18}");

  private static final int MAX = 1_024;

  private QueryParameters() {}

  public static MultiMap all(RoutingContext ctx) {
    MultiMap all = MultiMap.caseInsensitiveMultiMap();
    try {
      // Not Vert.x's own, for which a semicolon ends a parameter as an ampersand does.
      new QueryStringDecoder(ctx.request().uri(), UTF_8, true, MAX, true)
          .parameters()
          .forEach(all::add);
    } catch (RuntimeException undecodable) {
      throw Problem.invalid("query", "is not percent-encoded UTF-8").exception();
    }
    // Which of two is meant? Readers differ, as they do for keys of JSON.
    if (all.names().size() < all.entries().size()) {
      for (String name : all.names()) {
        if (all.getAll(name).size() > 1) {
          throw Problem.invalid(name, "given twice").exception();
        }
      }
    }
    return all;
  }

  /** The parameter's first value, or null. */
  public static @Nullable String text(RoutingContext ctx, String name) {
    return all(ctx).get(name);
  }

  /**
   * Reads an integer as JSON has it: ASCII digits, no plus sign, no leading zeros, no minus zero.
   *
   * @return null if it is none, or does not fit
   */
  public static @Nullable Long wholeNumber(String text) {
    if (!INTEGER.matcher(text).matches()) {
      return null;
    }
    try {
      return Long.valueOf(text);
    } catch (NumberFormatException beyond64Bits) {
      return null;
    }
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
    Long number = wholeNumber(text);
    if (number != null && number >= min && number <= max) {
      return number.intValue();
    }
    throw Problem.invalid(name, "must be a whole number from " + min + " to " + max).exception();
  }
}
