package io.ovation.auth;

import io.ovation.config.Config;
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
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The node's keys: {@code auth.secret}, and those of {@code auth.jwks}, which is read again every
 * {@link #FILE_PERIOD} or {@link #URL_PERIOD}, and when a token names a key that is not known. What
 * can't be read leaves the keys as they are. Any thread; nothing here blocks an event loop.
 */
final class KeyStore {
  private static final Logger log = LoggerFactory.getLogger(KeyStore.class);

  static final Duration FILE_PERIOD = Duration.ofSeconds(2);
  static final Duration URL_PERIOD = Duration.ofMinutes(1);

  /** Tokens may name any key: they make the node ask no more often than this. */
  static final Duration MIN_PERIOD = Duration.ofSeconds(2);

  /** How long tokens with an unknown key wait for the answer. */
  static final Duration TIMEOUT = Duration.ofSeconds(2);

  private static final int MAX_BYTES = 256 * 1024;

  private final Vertx vertx;
  private final Config.Auth config;
  private final TokenMetrics metrics;
  private final LongSupplier nanos;
  private final @Nullable HttpClient client;
  private volatile @Nullable KeySet keys;

  // Guarded by this.
  private @Nullable Future<Void> reading;
  private long readAt;
  private String content = "";
  private boolean failing;

  KeyStore(Vertx vertx, Config.Auth config, TokenMetrics metrics, LongSupplier nanos) {
    this.vertx = vertx;
    this.config = config;
    this.metrics = metrics;
    this.nanos = nanos;
    this.client = isUrl() ? client(vertx) : null;
    this.readAt = nanos.getAsLong() - MIN_PERIOD.toNanos();
  }

  private static HttpClient client(Vertx vertx) {
    HttpClientOptions options =
        new HttpClientOptions()
            .setConnectTimeout((int) TIMEOUT.toMillis())
            .setIdleTimeout((int) TIMEOUT.toMillis())
            .setIdleTimeoutUnit(TimeUnit.MILLISECONDS)
            .setKeepAlive(false);
    return vertx.createHttpClient(
        options, new PoolOptions().setHttp1MaxSize(2).setMaxWaitQueueSize(2));
  }

  /** Null until they have been read for the first time. */
  @Nullable KeySet keys() {
    return keys;
  }

  boolean isUrl() {
    return config.jwks().startsWith("https://") || config.jwks().startsWith("http://");
  }

  /** Reads the keys, and again from time to time. Fails if they can't be read now. */
  Future<Void> start() {
    if (config.jwks().isEmpty()) {
      return vertx
          .executeBlocking(() -> KeySet.of(vertx, config.secret(), null), false)
          .onSuccess(read -> keys = read)
          .mapEmpty();
    }
    if (isUrl() && !config.secret().isEmpty()) {
      keys = KeySet.of(vertx, config.secret(), null); // Its tokens do not wait for the key server.
    }
    vertx.setPeriodic(FILE_PERIOD.toMillis(), timer -> retry());
    return read();
  }

  /** Whether tokens of published keys can be checked. */
  synchronized boolean isRead() {
    return config.jwks().isEmpty() || !content.isEmpty();
  }

  /** A URL is read as often as a file until it has been read once. */
  private void retry() {
    synchronized (this) {
      if (isUrl() && isRead() && nanos.getAsLong() - readAt < URL_PERIOD.toNanos()) {
        return;
      }
    }
    read().onFailure(cause -> log.debug("auth.jwks", cause));
  }

  /** Reads the keys again, because a token names one that is not known; fails if it is too soon. */
  Future<Void> refresh() {
    synchronized (this) {
      if (reading == null && nanos.getAsLong() - readAt < MIN_PERIOD.toNanos()) {
        return Future.failedFuture("the keys were read a moment ago");
      }
    }
    return config.jwks().isEmpty() ? Future.failedFuture("auth.jwks is not set") : read();
  }

  private synchronized Future<Void> read() {
    if (reading != null) {
      return reading;
    }
    readAt = nanos.getAsLong();
    Future<Void> now =
        (isUrl() ? fetch() : vertx.fileSystem().readFile(config.jwks()))
            .compose(this::parse)
            .onComplete(v -> done(), this::failed);
    reading = now.isComplete() ? null : now;
    return now;
  }

  private synchronized void done() {
    reading = null;
    if (failing) {
      log.info("auth.jwks can be read again");
    }
    failing = false;
    metrics.fetched.increment();
  }

  private synchronized void failed(Throwable cause) {
    reading = null;
    if (!failing) {
      log.warn(
          "auth.jwks ({}) can't be read: {}. {}",
          config.jwks(),
          cause.getMessage(),
          isRead()
              ? "The keys stay as they are"
              : "No token is accepted until it can, but those of auth.secret");
    }
    failing = true;
    metrics.fetchFailed.increment();
  }

  private Future<Void> parse(Buffer body) {
    String text = body.toString();
    synchronized (this) {
      if (text.equals(content)) {
        return Future.succeededFuture();
      }
    }
    return vertx
        .executeBlocking(() -> KeySet.of(vertx, config.secret(), text), false)
        .onSuccess(
            read -> {
              synchronized (this) {
                content = text;
                keys = read;
              }
              log.info("auth.jwks was read: {} keys", read.names().size());
            })
        .mapEmpty();
  }

  private Future<Buffer> fetch() {
    HttpClient http = client;
    if (http == null) {
      return Future.failedFuture("auth.jwks is no URL");
    }
    RequestOptions options =
        new RequestOptions()
            .setMethod(HttpMethod.GET)
            .setAbsoluteURI(config.jwks())
            .setFollowRedirects(false)
            .setTimeout(TIMEOUT.toMillis())
            .putHeader("accept", "application/json");
    return http.request(options)
        .compose(KeyStore::exchange)
        .timeout(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)
        .recover(
            cause ->
                Future.failedFuture(
                    cause instanceof TimeoutException
                        ? new TimeoutException("no answer within " + TIMEOUT.toSeconds() + " s")
                        : cause));
  }

  /** Ends the request if it takes too long: an answer that never ends would keep its connection. */
  private static Future<Buffer> exchange(HttpClientRequest request) {
    // Nested: from another thread, `body` could come after the end of a short answer.
    return request
        .send()
        .compose(KeyStore::body)
        .timeout(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)
        .onFailure(cause -> request.reset());
  }

  private static Future<Buffer> body(HttpClientResponse response) {
    if (response.statusCode() != 200) {
      response.request().reset();
      return Future.failedFuture("the answer is " + response.statusCode());
    }
    Buffer body = Buffer.buffer();
    response.handler(
        chunk -> {
          if (body.length() + chunk.length() > MAX_BYTES) {
            response.request().reset();
          } else {
            body.appendBuffer(chunk);
          }
        });
    return response.end().map(body);
  }
}
