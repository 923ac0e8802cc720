package io.ovation.http;

import io.ovation.http.body.MessageIds;
import io.ovation.http.problem.FailureHandler;
import io.ovation.http.problem.Problem;
import io.ovation.vertx.PipelinedAnswers;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.util.Map;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The answer to a request whose body has been read, while what it asks for becomes durable. If the
 * client sends its requests ahead, the next ones of its connection begin meanwhile. To be answered
 * once. On the request's event loop.
 */
public final class DeferredResponse {
  private static final String KEY = DeferredResponse.class.getName();

  private final RoutingContext ctx;
  private PipelinedAnswers.@Nullable Postponed postponed;
  private @Nullable IntConsumer onEnd;
  private boolean given;

  private DeferredResponse(RoutingContext ctx) {
    this.ctx = ctx;
  }

  /** To be called in the task in which the body has ended. */
  public static DeferredResponse to(RoutingContext ctx) {
    DeferredResponse answer = new DeferredResponse(ctx);
    PipelinedAnswers.whenNextWaits(ctx.request(), answer::postpone);
    return answer;
  }

  /** The answer that has been postponed and is not given yet; null if there is none. */
  static @Nullable DeferredResponse of(RoutingContext ctx) {
    DeferredResponse answer = ctx.get(KEY);
    return answer == null || answer.given ? null : answer;
  }

  /** Calls {@code onEnd} with the status once the answer is given. */
  void onEnd(IntConsumer task) {
    onEnd = task;
  }

  private void postpone() {
    if (!given) {
      ctx.put(KEY, this);
      postponed = PipelinedAnswers.postpone(ctx.request());
    }
  }

  public void json(int status, String body) {
    end(status, Map.of(HttpHeaders.CONTENT_TYPE, "application/json"), body);
  }

  public void fail(Throwable cause) {
    if (postponed == null) {
      given = true;
      FailureHandler.answer(ctx, cause);
      return;
    }
    String id = MessageIds.of(ctx);
    Problem problem = FailureHandler.problem(ctx.request(), cause, id);
    FailureHandler.refused(ctx.request(), problem, id);
    end(problem.status(), problem.headers(), problem.text(id));
  }

  private void end(int status, Map<CharSequence, String> headers, String body) {
    given = true;
    if (postponed != null) {
      postponed.end(status, headers, body);
      if (onEnd != null) {
        onEnd.accept(status);
      }
      return;
    }
    HttpServerResponse response = ctx.response().setStatusCode(status);
    headers.forEach(response::putHeader);
    response.end(body);
  }
}
