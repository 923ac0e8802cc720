package io.ovation.http.body;

import io.ovation.http.problem.Problem;
import io.ovation.http.problem.ProblemResponses;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Collects one request's body. A refused request is answered at once; what the client still sends
 * is discarded for a short time, so that it can read the answer, and then the connection is closed.
 */
final class BodyCollector {
  /** JSON's own type, and those that curl and other clients send by default. */
  private static final Set<String> JSON_TYPES =
      Set.of("application/json", "text/plain", "application/x-www-form-urlencoded");

  /** Closing a connection with unread bytes resets it, and the client may lose the answer. */
  private static final long LINGER_MS = 2000;

  private final JsonBodies bodies;
  private final HttpServerRequest request;
  private final Promise<Buffer> done = Promise.promise();
  private @Nullable Buffer received;
  private boolean finished;
  private boolean refused;

  /** Milliseconds on the monotonic clock. */
  long deadline;

  BodyCollector(JsonBodies bodies, HttpServerRequest request) {
    this.bodies = bodies;
    this.request = request;
  }

  Future<Buffer> read() {
    request.handler(this::append);
    request.endHandler(ignored -> end());
    request.exceptionHandler(ignored -> disconnected());
    if (!json(request.getHeader(HttpHeaders.CONTENT_TYPE))) {
      refuse(ProblemResponses.unsupportedMediaType());
    } else if (contentLength() > bodies.limit()) {
      refuse(ProblemResponses.tooLarge(bodies.limit()));
    } else {
      bodies.began(this);
      String expect = request.getHeader(HttpHeaders.EXPECT);
      if (expect != null && expect.equalsIgnoreCase("100-continue")) {
        request.response().writeContinue();
      }
    }
    return done.future();
  }

  /** Fails the read, and closes the connection after the answer. */
  void refuse(Problem problem) {
    if (finished) {
      return;
    }
    finished = true;
    received = null;
    bodies.ended(this);
    if (request.isEnded()) {
      done.fail(problem.exception());
      return;
    }
    refused = true;
    request.response().putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
    done.fail(problem.exception());
    bodies.vertx().setTimer(LINGER_MS, ignored -> request.connection().close());
  }

  private void append(Buffer chunk) {
    if (finished) {
      return;
    }
    int length = received == null ? chunk.length() : received.length() + chunk.length();
    if (length > bodies.limit()) {
      refuse(ProblemResponses.tooLarge(bodies.limit()));
    } else if (received == null) {
      received = chunk;
    } else {
      received = received.appendBuffer(chunk);
    }
  }

  private void end() {
    if (refused) {
      request.connection().close();
    } else if (!finished) {
      finished = true;
      bodies.ended(this);
      done.complete(received == null ? Buffer.buffer() : received);
    }
  }

  private void disconnected() {
    finished = true;
    received = null;
    bodies.ended(this);
  }

  private long contentLength() {
    String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
    if (length == null) {
      return 0;
    }
    try {
      return Long.parseLong(length);
    } catch (NumberFormatException e) {
      return Long.MAX_VALUE;
    }
  }

  private static boolean json(@Nullable String contentType) {
    if (contentType == null || contentType.equals("application/json")) {
      return true;
    }
    int semicolon = contentType.indexOf(';');
    String type = semicolon < 0 ? contentType : contentType.substring(0, semicolon);
    return JSON_TYPES.contains(type.strip().toLowerCase(Locale.ROOT));
  }
}
