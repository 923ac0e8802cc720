package io.ovation.http.problem;

import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;

/** Sends problems, and makes those of HTTP itself. */
public final class ProblemResponses {

  /** RFC 9457. */
  public static final String MEDIA_TYPE = "application/problem+json";

  private ProblemResponses() {}

  public static Problem notFound(String detail) {
    return new Problem(404, "not_found", null, detail, 0);
  }

  public static Problem tooLarge(long limit) {
    return new Problem(
        413,
        "too_large",
        "body",
        "body: longer than the limit of " + limit + " bytes (http.body_limit); nothing was read",
        0);
  }

  public static Problem tooSlow(long seconds) {
    return new Problem(
        408,
        "too_slow",
        "body",
        "body: did not arrive within " + seconds + " s; send it again as a whole",
        0);
  }

  public static Problem unsupportedMediaType() {
    return new Problem(
        415,
        "unsupported_media_type",
        "Content-Type",
        "Content-Type: this endpoint takes JSON; send application/json",
        0);
  }

  static Problem unexpected(String errorId) {
    return new Problem(
        500,
        "internal",
        null,
        "the server failed in a way it did not expect; its log has the cause under error id "
            + errorId,
        0);
  }

  /** Answers with {@code problem}, unless an answer has begun already. */
  public static void send(HttpServerRequest request, Problem problem) {
    HttpServerResponse response = request.response();
    if (response.ended() || response.headWritten() || response.closed()) {
      return;
    }
    response
        .setStatusCode(problem.status())
        .putHeader(HttpHeaders.CONTENT_TYPE, MEDIA_TYPE)
        .putHeader(HttpHeaders.CACHE_CONTROL, "no-store");
    if (problem.retryAfterSeconds() > 0) {
      response.putHeader(HttpHeaders.RETRY_AFTER, Integer.toString(problem.retryAfterSeconds()));
    }
    response.end(problem.json().toBuffer());
  }
}
