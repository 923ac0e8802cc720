package io.ovation.packages.webhook;

import io.ovation.packages.PackageHandler;
import io.ovation.packages.PackageJob;
import io.ovation.packages.PermanentFailure;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;

/**
 * Posts a type's packages to a URL. 2xx is done, 409 and 410 are dead, anything else is tried
 * again. Redirects are not followed: whoever answers one is not the receiver that was configured.
 */
public final class WebhookHandler implements PackageHandler {
  private static final int CONFLICT = 409;
  private static final int GONE = 410;

  /** Of an answer's body nothing is wanted; a longer one than this costs its connection. */
  private static final int DRAIN_BYTES = 64 * 1024;

  private final HttpClient client;
  private final String type;
  private final String url;
  private final WebhookSignature signature;
  private final Duration timeout;
  private final InstantSource clock;

  public WebhookHandler(
      HttpClient client,
      String type,
      String url,
      WebhookSignature signature,
      Duration timeout,
      InstantSource clock) {
    this.client = client;
    this.type = type;
    this.url = url;
    this.signature = signature;
    this.timeout = timeout;
    this.clock = clock;
  }

  @Override
  public String type() {
    return type;
  }

  @Override
  public Future<Void> handle(PackageJob job) {
    byte[] body = job.payload().getBytes(StandardCharsets.UTF_8);
    long seconds = clock.millis() / 1000;
    RequestOptions options =
        new RequestOptions()
            .setMethod(HttpMethod.POST)
            .setAbsoluteURI(url)
            .setFollowRedirects(false)
            // For a connection, and for each silence after; the attempt's own end is the worker's.
            .setTimeout(timeout.toMillis())
            .putHeader("content-type", "application/json")
            .putHeader("user-agent", "ovation")
            .putHeader("webhook-id", job.id())
            .putHeader("webhook-timestamp", Long.toString(seconds))
            .putHeader("webhook-signature", signature.of(job.id(), seconds, body))
            .putHeader("ovation-type", job.type())
            .putHeader("ovation-attempt", Integer.toString(job.attempt()));
    return client
        .request(options)
        .compose(request -> send(request, body))
        .compose(WebhookHandler::outcome);
  }

  private Future<Integer> send(HttpClientRequest request, byte[] body) {
    return request
        .send(Buffer.buffer(body))
        .map(
            response -> {
              drain(request, response);
              return response.statusCode();
            });
  }

  /** Lets the receiver finish its answer, unless that takes too much. */
  private static void drain(HttpClientRequest request, HttpClientResponse response) {
    int[] read = {0};
    response.exceptionHandler(e -> {});
    response.handler(
        chunk -> {
          read[0] += chunk.length();
          if (read[0] > DRAIN_BYTES) {
            response.handler(null);
            request.reset();
          }
        });
  }

  private static Future<Void> outcome(int status) {
    if (status / 100 == 2) {
      return Future.succeededFuture();
    }
    if (status == CONFLICT || status == GONE) {
      return Future.failedFuture(new PermanentFailure("the webhook answered " + status));
    }
    return Future.failedFuture(new Refusal(status));
  }

  /** An answer after which the package is tried again. */
  private static final class Refusal extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Refusal(int status) {
      super("the webhook answered " + status, null, false, false);
    }
  }
}
