package io.ovation.packages;

import io.ovation.config.Config;
import io.ovation.http.WebhookSignature;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.format.DateTimeFormatter;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Posts a type's packages to a URL. After 2xx a package is done, after 409 and 410 it is dead,
 * after anything else it is tried again, not before its {@code Retry-After}. Redirects are not
 * followed: their target is not the receiver that was configured.
 */
record WebhookHandler(
    HttpClient client,
    String type,
    String url,
    WebhookSignature signature,
    Duration timeout,
    InstantSource clock)
    implements PackageHandler {
  private static final int CONFLICT = 409;
  private static final int GONE = 410;

  /** Answers' bodies are ignored; after this many bytes the connection is closed. */
  private static final int DRAIN_BYTES = 64 * 1024;

  private static final int CONNECT_MS = 5_000;

  /** The HTTP client of all webhooks. */
  static HttpClient client(Vertx vertx, Config.Packages config) {
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
    if (!job.traceparent().isEmpty()) {
      options.putHeader("traceparent", job.traceparent());
    }
    return client.request(options).compose(request -> send(request, body));
  }

  private Future<Void> send(HttpClientRequest request, byte[] body) {
    return request
        .send(Buffer.buffer(body))
        .compose(
            response -> {
              drain(request, response);
              return outcome(response);
            });
  }

  /** Lets the receiver finish its answer, unless it is too long, or never ends. */
  private void drain(HttpClientRequest request, HttpClientResponse response) {
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
    response
        .end()
        .timeout(timeout.toMillis(), TimeUnit.MILLISECONDS)
        .onFailure(cause -> request.reset());
  }

  private Future<Void> outcome(HttpClientResponse response) {
    int status = response.statusCode();
    if (status / 100 == 2) {
      return Future.succeededFuture();
    }
    String why = "the webhook answered " + status;
    if (status == CONFLICT || status == GONE) {
      return Future.failedFuture(new PermanentFailure(why));
    }
    Duration pause = retryAfter(response.getHeader(HttpHeaders.RETRY_AFTER));
    return Future.failedFuture(new RetryLater(why, pause));
  }

  /** Seconds, or a date (RFC 9110, section 10.2.3); anything else is ignored. */
  private Duration retryAfter(@Nullable String header) {
    if (header == null) {
      return Duration.ZERO;
    }
    try {
      return header.matches("\\d{1,9}")
          ? Duration.ofSeconds(Long.parseLong(header))
          : Duration.between(
              clock.instant(), DateTimeFormatter.RFC_1123_DATE_TIME.parse(header, Instant::from));
    } catch (DateTimeException e) {
      return Duration.ZERO;
    }
  }
}
