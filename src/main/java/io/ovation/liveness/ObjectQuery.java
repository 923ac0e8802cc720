package io.ovation.liveness;

import io.ovation.http.problem.Problem;
import io.ovation.store.LastSeenIndex;
import io.vertx.core.http.HttpServerRequest;
import org.jspecify.annotations.Nullable;

/**
 * What is asked of {@code GET /objects}, checked.
 *
 * @param after null for the first page
 */
record ObjectQuery(int limit, @Nullable Long after) {
  private static final int DEFAULT_LIMIT = 100;

  /**
   * Reads the query.
   *
   * @throws io.ovation.http.problem.ProblemException naming the parameter at fault
   */
  static ObjectQuery of(HttpServerRequest request) {
    String limit = request.getParam("limit");
    String after = request.getParam("after");
    return new ObjectQuery(
        limit == null ? DEFAULT_LIMIT : limit(limit),
        after == null ? null : number("after", after));
  }

  /**
   * Reads an object's number.
   *
   * @throws io.ovation.http.problem.ProblemException naming {@code field}
   */
  static long number(String field, String text) {
    try {
      if (text.length() <= 20 && !text.startsWith("+")) {
        return Long.parseLong(text);
      }
    } catch (NumberFormatException e) {
      // Told below.
    }
    throw Problem.invalid(field, "must be an integer of 64 bits with a sign").exception();
  }

  private static int limit(String text) {
    String range = "must be 1 to " + LastSeenIndex.MAX_BATCH;
    try {
      int limit = Integer.parseInt(text);
      if (limit >= 1 && limit <= LastSeenIndex.MAX_BATCH) {
        return limit;
      }
    } catch (NumberFormatException e) {
      // Told below.
    }
    throw Problem.invalid("limit", range).exception();
  }
}
