package io.ovation.http.problem;

import io.netty.handler.codec.http.HttpResponseStatus;
import io.ovation.http.body.JsonText;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.json.JsonObject;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A refusal, sent as an HTTP problem (RFC 9457) or as an {@code error} frame.
 *
 * @param code short and stable, for programs: {@code invalid}, {@code too_large}, {@code busy} …
 * @param field the invalid field, if there is one
 * @param detail what happened, what it means, and what to do
 * @param retryAfterSeconds when a retry makes sense; 0 if the same request will always fail
 */
public record Problem(
    int status, String code, @Nullable String field, String detail, int retryAfterSeconds) {

  /** Of a request that will always fail. */
  public Problem(int status, String code, @Nullable String field, String detail) {
    this(status, code, field, detail, 0);
  }

  public static Problem invalid(String field, String why) {
    return new Problem(400, "invalid", field, field + ": " + why);
  }

  /**
   * Refuses a field's value.
   *
   * @param fault why it is refused; null if it is valid
   * @throws ProblemException if there is a fault
   */
  public static void require(String field, @Nullable String fault) {
    if (fault != null) {
      throw invalid(field, fault).exception();
    }
  }

  public static Problem busy(String detail, int retryAfterSeconds) {
    return new Problem(429, "busy", null, detail, retryAfterSeconds);
  }

  public static Problem unavailable(String detail, int retryAfterSeconds) {
    return new Problem(503, "unavailable", null, detail, retryAfterSeconds);
  }

  public static Problem notFound(String detail) {
    return new Problem(404, "not_found", null, detail);
  }

  public static Problem tooLarge(long limit) {
    String why = "body: longer than the limit of %d bytes (http.body_limit); nothing was taken";
    return new Problem(413, "too_large", "body", why.formatted(limit));
  }

  public ProblemException exception() {
    return new ProblemException(this);
  }

  /**
   * The {@code error} message for a viewer.
   *
   * @param id of what is refused; null if it had none
   */
  public JsonObject message(@Nullable String id) {
    JsonObject error = JsonObject.of("type", "error", "code", code).put("detail", detail);
    if (field != null) {
      error.put("field", field);
    }
    if (id != null) {
      error.put("id", id);
    }
    return retryAfterSeconds > 0 ? error.put("retry_after_ms", retryAfterSeconds * 1000L) : error;
  }

  /** The headers of an {@code application/problem+json} answer. */
  public Map<CharSequence, String> headers() {
    Map<CharSequence, String> headers = new LinkedHashMap<>();
    headers.put(HttpHeaders.CONTENT_TYPE, "application/problem+json");
    headers.put(HttpHeaders.CACHE_CONTROL, "no-store");
    if (retryAfterSeconds > 0) {
      headers.put(HttpHeaders.RETRY_AFTER, Integer.toString(retryAfterSeconds));
    }
    return headers;
  }

  /**
   * The body of such an answer.
   *
   * @param id as in {@link #message}
   */
  public String text(@Nullable String id) {
    return JsonText.encode(json(id));
  }

  /**
   * The body as an object.
   *
   * @param id as in {@link #message}
   */
  public JsonObject json(@Nullable String id) {
    JsonObject json =
        new JsonObject()
            .put("type", "about:blank")
            .put("title", HttpResponseStatus.valueOf(status).reasonPhrase())
            .put("status", status)
            .put("detail", detail)
            .put("code", code);
    if (field != null) {
      json.put("field", field);
    }
    return id == null ? json : json.put("id", id);
  }
}
