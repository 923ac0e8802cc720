package io.ovation.liveness;

import io.ovation.config.Config;
import io.ovation.http.body.StrictJsonReader;
import io.ovation.http.problem.ProblemException;
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
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Asks the origin whether an object is online: {@code GET {origin}/objects/{id}}, answered by 200
 * and {@code {"id":N,"online":true|false}}, whatever the Content-Type says. Used on one context.
 */
final class OriginClient {
  private static final int BODY_LIMIT = 64 * 1024;

  /**
   * Idle connections are closed before the origin closes them, which many do after 5 s: a request
   * that is sent at that moment is lost.
   */
  private static final int KEEP_ALIVE_SECONDS = 4;

  /** What a check of an object, or the recording of it, came to; also a metric's label. */
  enum Outcome {
    ONLINE,
    OFFLINE,
    /** Online, but the store did not record it. */
    STORE,
    /** The connection failed. */
    CONNECTION,
    /** No complete answer in time. */
    TIMEOUT,
    /** 5xx. */
    SERVER_ERROR,
    /** Any other status but 200. */
    STATUS,
    /** 200, but not with the expected body. */
    BODY
  }

  /** The origin did not say whether an object is online. */
  static final class Failure extends RuntimeException {
    private static final long serialVersionUID = 1L;
    final Outcome kind;

    Failure(Outcome kind, String message) {
      super(message, null, false, false);
      this.kind = kind;
    }

    /** Whether the origin as a whole fails, not only the check of one object. */
    boolean isOrigins() {
      return kind != Outcome.STATUS && kind != Outcome.BODY;
    }
  }

  private final Vertx vertx;
  private final HttpClient client;
  private final String base;
  private final int timeoutMs;

  OriginClient(Vertx vertx, Config.Liveness config) {
    this.vertx = vertx;
    this.base = config.origin().replaceAll("/+$", "") + "/objects/";
    this.timeoutMs = (int) config.timeout().toMillis();
    HttpClientOptions options =
        new HttpClientOptions()
            .setConnectTimeout(timeoutMs)
            .setKeepAlive(true)
            .setKeepAliveTimeout(KEEP_ALIVE_SECONDS)
            .setDecompressionSupported(false);
    // One connection for each check in flight, and one for the breaker's probe.
    int most = config.concurrency() + 1;
    PoolOptions pool = new PoolOptions().setHttp1MaxSize(most).setMaxWaitQueueSize(most);
    this.client = vertx.createHttpClient(options, pool);
  }

  Future<?> close() {
    return client.close();
  }

  /** Fails with {@link Failure}, at the latest after the timeout. */
  Future<Boolean> online(long id) {
    Exchange exchange = new Exchange(id);
    RequestOptions options =
        new RequestOptions()
            .setAbsoluteURI(base + id)
            .setFollowRedirects(false)
            .putHeader("accept", "application/json, text/plain")
            .putHeader("user-agent", "ovation");
    client.request(options).onComplete(exchange::send, exchange::disconnected);
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
      String late = "no answer within " + timeoutMs + " ms";
      long timer = vertx.setTimer(timeoutMs, t -> fail(Outcome.TIMEOUT, late));
      answer.future().onComplete(done -> vertx.cancelTimer(timer));
    }

    void send(HttpClientRequest ready) {
      request = ready;
      if (answer.future().isComplete()) {
        ready.reset(); // The connection came after the timeout.
      } else {
        ready.send().onComplete(this::read, this::disconnected);
      }
    }

    private void read(HttpClientResponse response) {
      response.exceptionHandler(this::disconnected);
      response.handler(
          chunk -> {
            if (body.length() + chunk.length() > BODY_LIMIT) {
              fail(Outcome.BODY, "the answer is longer than " + BODY_LIMIT + " bytes");
            } else {
              body.appendBuffer(chunk);
            }
          });
      // The body is read to its end even if only the status matters: the connection is reused.
      response.endHandler(v -> end(response.statusCode()));
    }

    private void end(int status) {
      if (status != 200) {
        Outcome kind = status >= 500 ? Outcome.SERVER_ERROR : Outcome.STATUS;
        answer.tryFail(new Failure(kind, "the origin answered " + status));
        return;
      }
      try {
        Map<String, @Nullable Object> json = StrictJsonReader.object(body.getBytes(), BODY_LIMIT);
        if (!Long.valueOf(id).equals(json.get("id"))) {
          answer.tryFail(new Failure(Outcome.BODY, "id is not " + id + ", which was asked for"));
        } else if (json.get("online") instanceof Boolean online) {
          answer.tryComplete(online);
        } else {
          answer.tryFail(new Failure(Outcome.BODY, "online is neither true nor false"));
        }
      } catch (ProblemException e) {
        answer.tryFail(new Failure(Outcome.BODY, e.problem().detail()));
      }
    }

    void disconnected(Throwable cause) {
      String message = cause.getMessage();
      fail(Outcome.CONNECTION, message == null ? cause.toString() : message);
    }

    /** Also cancels the request. */
    private void fail(Outcome kind, String why) {
      if (answer.tryFail(new Failure(kind, why)) && request != null) {
        request.reset();
      }
    }
  }
}
