package io.ovation.http.problem;

import io.ovation.http.body.AcceptedValues;
import io.ovation.http.body.JsonText;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Refusals for clients that wait for server-sent events. An EventSource gives up for good after any
 * status but 200, and shows its page no body. So it is answered 200, with an {@code error} event,
 * and told when to come back. What would be refused again has the id {@link #STOP}: the client
 * comes back once more with it, is answered 204, and stops.
 */
public final class EventStreams {
  public static final String MEDIA_TYPE = "text/event-stream";

  /** {@code no-transform}: a proxy that compresses would hold events back. */
  public static final String CACHE_CONTROL = "no-store, no-transform";

  /** The last event id of a viewer that should not return; its next request carries it. */
  public static final String STOP = "stop";

  public static final String LAST_EVENT_ID = "Last-Event-ID";

  private static final long RETRY_MS = 2000;
  private static final int SPREAD_MS = 1000;

  private EventStreams() {}

  /** Whether the client asks for server-sent events by name. */
  public static boolean accepts(HttpServerRequest request) {
    return request.method().equals(HttpMethod.GET)
        && AcceptedValues.named(request.headers().getAll(HttpHeaders.ACCEPT), MEDIA_TYPE);
  }

  static void refuse(HttpServerRequest request, Problem problem) {
    HttpServerResponse response = request.response();
    if (STOP.equals(request.getHeader(LAST_EVENT_ID))) {
      response.setStatusCode(204).end();
      return;
    }
    response
        .setStatusCode(200)
        .putHeader(HttpHeaders.CONTENT_TYPE, MEDIA_TYPE)
        .putHeader(HttpHeaders.CACHE_CONTROL, CACHE_CONTROL)
        .end(body(problem));
  }

  /** The whole body of a refusal. */
  static String body(Problem problem) {
    boolean again = problem.retryAfterSeconds() > 0 || problem.status() >= 500;
    long least = problem.retryAfterSeconds() > 0 ? problem.retryAfterSeconds() * 1000L : RETRY_MS;
    long retryMs = least + ThreadLocalRandom.current().nextInt(SPREAD_MS);
    return ("retry: " + retryMs + "\n")
        + (again ? "" : "id: " + STOP + "\n")
        + ("data: " + JsonText.encode(problem.message(null)) + "\n\n");
  }
}
