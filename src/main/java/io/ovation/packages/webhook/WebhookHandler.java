package io.ovation.packages.webhook;

import io.ovation.config.Config;
import io.ovation.packages.PackageHandler;
import io.ovation.packages.PackageJob;
import io.ovation.packages.PermanentFailure;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.TimeUnit;

/**
 * Posts a type's packages to a URL. After 2xx a package is done, after 409 and 410 it is dead,
 * after anything else it is tried again. Redirects are not followed: their target is not the
 * receiver that was configured.
 */
public final class WebhookHandler implements PackageHandler {
  private static final int CONFLICT = 409;
  private static final int GONE = 410;

  /** Answers' bodies are ignored; after this many bytes the connection is closed. */
  private static final int DRAIN_BYTES = 64 * 1024;

  private static final int CONNECT_MS = 5_000;

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

  /** The HTTP client of all webhooks. */
  public static HttpClient client(Vertx vertx, Config.Packages config) {
    long timeoutMs = config.timeout().toMillis();
    HttpClientOptions options =
        new HttpClientOptions()
            .setConnectTimeout((int) Math.min(CONNECT_MS, timeoutMs))
            // So that the connection of a failed attempt does not stay open.
            .setIdleTimeout((int) Math.max(1, timeoutMs))
            .setIdleTimeoutUnit(TimeUnit.MILLISECONDS)
            // One connection per request: excess bytes of a faulty receiver must not be taken for
            // the answer to the next package.
            .setKeepAlive(false)
            .setDecompressionSupported(false);
    // Per receiver; each type's concurrency limit is lower.
    PoolOptions pool =
        new PoolOptions()
            .setHttp1MaxSize(config.concurrency())
            .setMaxWaitQueueSize(config.concurrency());
    return vertx.createHttpClient(options, pool);
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
            // For connecting, and for each pause after that; the worker limits the whole attempt.
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

  /** Lets the receiver finish its answer, unless it is too long. */
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
