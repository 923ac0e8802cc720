package io.ovation.liveness;

import io.ovation.config.Config;
import io.ovation.http.body.StrictJsonReader;
import io.ovation.http.problem.ProblemException;
import io.ovation.liveness.OriginFailure.Kind;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Asks the origin whether an object is online: {@code GET {origin}/objects/{id}}, answered by 200
 * and {@code {"id":N,"online":true|false}}, whatever the Content-Type says. Used on one context.
 */
final class OriginClient {
  private static final int BODY_LIMIT = 64 * 1024;
  private static final int OK = 200;

  /**
   * Idle connections are closed before the origin closes them, which many do after 5 s: a request
   * that is sent at that moment is lost.
   */
  private static final int KEEP_ALIVE_SECONDS = 4;

  private final Vertx vertx;
  private final HttpClient client;
  private final String base;
  private final Duration timeout;

  OriginClient(Vertx vertx, Config.Liveness config) {
    this.vertx = vertx;
    this.base = config.origin().replaceAll("/+$", "");
    this.timeout = config.timeout();
    HttpClientOptions options =
        new HttpClientOptions()
            .setConnectTimeout((int) timeout.toMillis())
            .setKeepAlive(true)
            .setKeepAliveTimeout(KEEP_ALIVE_SECONDS)
            .setDecompressionSupported(false);
    // One connection for each check in flight, and one for the breaker's probe.
    PoolOptions pool =
        new PoolOptions()
            .setHttp1MaxSize(config.concurrency() + 1)
            .setMaxWaitQueueSize(config.concurrency() + 1);
    this.client = vertx.createHttpClient(options, pool);
  }

  Future<?> close() {
    return client.close();
  }

  /** Fails with {@link OriginFailure}, at the latest after the timeout. */
  Future<Boolean> online(long id) {
    Exchange exchange = new Exchange(id);
    exchange.start();
    return exchange.answer.future();
  }

  /** One request and its answer. */
  private final class Exchange {
    private final long id;
    private final Promise<Boolean> answer = Promise.promise();
    private final Buffer body = Buffer.buffer();
    private @Nullable HttpClientRequest request;

    Exchange(long id) {
      this.id = id;
    }

    void start() {
      long timer =
          vertx.setTimer(
              timeout.toMillis(),
              t -> fail(Kind.TIMEOUT, "no answer within " + timeout.toMillis() + " ms"));
      answer.future().onComplete(done -> vertx.cancelTimer(timer));
      RequestOptions options =
          new RequestOptions()
              .setAbsoluteURI(base + "/objects/" + id)
              .setFollowRedirects(false)
              .putHeader("accept", "application/json, text/plain")
              .putHeader("user-agent", "ovation");
      client.request(options).onComplete(this::send, cause -> fail(Kind.CONNECTION, text(cause)));
    }

    private void send(HttpClientRequest ready) {
      request = ready;
      if (answer.future().isComplete()) {
        ready.reset(); // The connection came after the timeout.
        return;
      }
      ready.send().onComplete(this::read, cause -> fail(Kind.CONNECTION, text(cause)));
    }

    private void read(HttpClientResponse response) {
      response.exceptionHandler(cause -> fail(Kind.CONNECTION, text(cause)));
      response.handler(
          chunk -> {
            if (body.length() + chunk.length() > BODY_LIMIT) {
              fail(Kind.BODY, "the answer is longer than " + BODY_LIMIT + " bytes");
            } else {
              body.appendBuffer(chunk);
            }
          });
      // The body is read to its end even if only the status matters: the connection is reused.
      response.endHandler(v -> end(response.statusCode()));
    }

    private void end(int status) {
      if (status != OK) {
        Kind kind = status >= 500 ? Kind.SERVER_ERROR : Kind.STATUS;
        answer.tryFail(new OriginFailure(kind, "the origin answered " + status));
        return;
      }
      try {
        answer.tryComplete(online(StrictJsonReader.object(body.getBytes(), BODY_LIMIT)));
      } catch (ProblemException e) {
        answer.tryFail(new OriginFailure(Kind.BODY, e.problem().detail()));
      } catch (OriginFailure e) {
        answer.tryFail(e);
      }
    }

    private boolean online(Map<String, @Nullable Object> json) {
      if (!(json.get("id") instanceof Long got) || got != id) {
        throw new OriginFailure(Kind.BODY, "id is not " + id + ", which was asked for");
      }
      if (!(json.get("online") instanceof Boolean online)) {
        throw new OriginFailure(Kind.BODY, "online is neither true nor false");
      }
      return online;
    }

    /** Also cancels the request. */
    private void fail(Kind kind, String why) {
      if (answer.tryFail(new OriginFailure(kind, why)) && request != null) {
        request.reset();
      }
    }
  }

  private static String text(Throwable cause) {
    String message = cause.getMessage();
    return message == null ? cause.toString() : message;
  }
}
