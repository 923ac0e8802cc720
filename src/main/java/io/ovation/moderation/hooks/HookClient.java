package io.ovation.moderation.hooks;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Meter.MeterProvider;
import io.micrometer.core.instrument.Timer;
import io.ovation.async.InFlightLimiter;
import io.ovation.config.Config;
import io.ovation.http.WebhookSignature;
import io.ovation.http.problem.ProblemException;
import io.ovation.metrics.Metrics;
import io.ovation.moderation.hooks.HookFailed.Kind;
import io.ovation.trace.TraceSpan;
import io.ovation.trace.Traces;
import io.ovation.vertx.Contexts;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.json.JsonObject;
import java.time.InstantSource;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Posts signed requests to one hook, within {@code hooks.timeout} each. Redirects are not followed:
 * their target is not the receiver that was configured. Any thread; futures complete on the
 * caller's context.
 */
final class HookClient {
  /** Idle connections are closed before the back end closes them, which many do after 5 s. */
  private static final int KEEP_ALIVE_SECONDS = 4;

  private final Vertx vertx;
  private final HttpClient client;
  private final String url;
  private final InstantSource clock;
  private final WebhookSignature signature;
  private final long timeoutMs;
  private final InFlightLimiter inFlight;
  private final HookBreaker breaker;
  private final MeterProvider<Counter> calls;
  private final String name;
  private final String spanName;
  private final Timer answered;

  /**
   * @param name of the hook: a label, and what the request's {@code type} is
   * @param clock for the time that is signed, which receivers compare with their own
   */
  HookClient(
      Vertx vertx,
      String name,
      String url,
      Config.Hooks config,
      InstantSource clock,
      Metrics metrics) {
    this.vertx = vertx;
    this.name = name;
    this.spanName = "hook " + name;
    this.url = url;
    this.clock = clock;
    this.signature = new WebhookSignature(config.secret());
    this.timeoutMs = config.timeout().toMillis();
    this.inFlight = new InFlightLimiter(config.inFlight());
    this.breaker =
        new HookBreaker(
            name, config.breakerFailures(), config.breakerPause().toNanos(), System::nanoTime);
    this.client =
        vertx.createHttpClient(
            new HttpClientOptions()
                .setConnectTimeout((int) timeoutMs)
                .setKeepAliveTimeout(KEEP_ALIVE_SECONDS)
                .setDecompressionSupported(false),
            new PoolOptions()
                .setHttp1MaxSize(config.inFlight())
                .setMaxWaitQueueSize(config.inFlight()));
    this.calls = metrics.counters("ovation.hooks.calls", "Calls of hooks by their outcome");
    this.answered = metrics.timer("ovation.hooks.answer", "until a hook answered", "hook", name);
    metrics.gauge(
        "ovation.hooks.in.flight",
        "Calls of a hook that wait for its answer",
        inFlight,
        InFlightLimiter::used,
        "hook",
        name);
    metrics.gauge(
        "ovation.hooks.breaker.open",
        "1 while a hook that failed is not called",
        breaker,
        it -> it.isOpen() ? 1 : 0,
        "hook",
        name);
  }

  /**
   * Fails with {@link HookFailed}, at the latest after the timeout.
   *
   * @param traceparent of what is asked about; empty for none
   */
  Future<HookAnswer> ask(JsonObject request, String traceparent) {
    TraceSpan span = Traces.follow(spanName, TraceSpan.Kind.CLIENT, traceparent);
    if (span == null) {
      return ask(request, (TraceSpan) null);
    }
    return ask(request, span).onComplete((answer, failure) -> span.end(failure));
  }

  private Future<HookAnswer> ask(JsonObject request, @Nullable TraceSpan span) {
    if (breaker.isOpen()) {
      if (breaker.takeProbe() && inFlight.take()) {
        new Exchange().start(request, span); // Nobody waits for a hook that fails.
      }
      return refused(Kind.OPEN, "the hook failed before");
    }
    return inFlight.take()
        ? new Exchange().start(request, span)
        : refused(Kind.BUSY, inFlight.limit() + " calls are in flight");
  }

  private Future<HookAnswer> refused(Kind kind, String why) {
    count(kind.name());
    return Future.failedFuture(new HookFailed(kind, why));
  }

  private void count(String outcome) {
    calls.withTags("hook", name, "outcome", outcome.toLowerCase(Locale.ROOT)).increment();
  }

  /** One request and its answer. */
  private final class Exchange {
    private final Promise<HookAnswer> answer = Contexts.promise(vertx);
    private final Buffer body = Buffer.buffer();
    private final long began = System.nanoTime();
    private volatile @Nullable HttpClientRequest request;

    Future<HookAnswer> start(JsonObject json, @Nullable TraceSpan span) {
      String late = "no answer within " + timeoutMs + " ms";
      long timer = vertx.setTimer(timeoutMs, t -> fail(Kind.TIMEOUT, late));
      byte[] content = json.toBuffer().getBytes();
      String id = UUID.randomUUID().toString();
      long seconds = clock.millis() / 1000;
      RequestOptions options =
          new RequestOptions()
              .setMethod(HttpMethod.POST)
              .setAbsoluteURI(url)
              .setFollowRedirects(false)
              .putHeader("content-type", "application/json")
              .putHeader("user-agent", "ovation")
              .putHeader("webhook-id", id)
              .putHeader("webhook-timestamp", Long.toString(seconds))
              .putHeader("webhook-signature", signature.of(id, seconds, content));
      if (span != null) {
        options.putHeader("traceparent", span.traceparent());
      }
      client
          .request(options)
          .onComplete(ready -> send(ready, Buffer.buffer(content)), this::disconnected);
      return answer
          .future()
          .onComplete(
              done -> {
                vertx.cancelTimer(timer);
                inFlight.giveBack();
              });
    }

    private void send(HttpClientRequest ready, Buffer content) {
      request = ready;
      if (answer.future().isComplete()) {
        ready.reset(); // The connection came after the timeout.
      } else {
        ready.send(content).onComplete(this::read, this::disconnected);
      }
    }

    private void read(HttpClientResponse response) {
      response.exceptionHandler(this::disconnected);
      response.handler(
          chunk -> {
            if (body.length() + chunk.length() > HookAnswer.MAX_BYTES) {
              fail(Kind.INVALID, "it is longer than " + HookAnswer.MAX_BYTES + " bytes");
            } else {
              body.appendBuffer(chunk);
            }
          });
      response.endHandler(v -> end(response.statusCode()));
    }

    private void end(int status) {
      if (status != 200) {
        fail(Kind.STATUS, "the status is " + status);
        return;
      }
      HookAnswer valid;
      try {
        valid = HookAnswer.read(body.getBytes());
      } catch (ProblemException e) {
        fail(Kind.INVALID, e.problem().detail());
        return;
      }
      if (answer.tryComplete(valid)) {
        answered.record(System.nanoTime() - began, TimeUnit.NANOSECONDS);
        count(valid.action().name());
        breaker.succeeded();
      }
    }

    private void disconnected(Throwable cause) {
      String message = cause.getMessage();
      fail(Kind.CONNECTION, message == null ? cause.toString() : message);
    }

    private void fail(Kind kind, String why) {
      if (!answer.tryFail(new HookFailed(kind, why))) {
        return;
      }
      count(kind.name());
      breaker.failed(why);
      HttpClientRequest sent = request;
      if (sent != null) {
        sent.reset();
      }
    }
  }
}
