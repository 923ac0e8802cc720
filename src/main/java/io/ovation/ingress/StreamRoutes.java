package io.ovation.ingress;

import io.ovation.http.HttpEventLoop;
import io.ovation.http.body.InputRules;
import io.ovation.http.problem.FailureHandler;
import io.ovation.http.problem.Problem;
import io.ovation.wire.proto.StreamStatus;
import io.vertx.core.Future;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@code GET /streams/{stream}}: what is known of a stream just now. */
final class StreamRoutes {
  private static final Logger LOG = LoggerFactory.getLogger(StreamRoutes.class);
  private static final int RETRY_SECONDS = 2;

  private final Function<String, Future<StreamStatus>> states;

  StreamRoutes(Function<String, Future<StreamStatus>> states) {
    this.states = states;
  }

  void mount(HttpEventLoop loop) {
    loop.router()
        .route("/streams/:stream")
        .method(HttpMethod.GET)
        .method(HttpMethod.HEAD)
        .handler(this::stream);
  }

  private void stream(RoutingContext ctx) {
    HttpServerRequest request = ctx.request();
    String stream = ctx.pathParam("stream");
    String fault = InputRules.streamFault(stream);
    if (fault != null) {
      FailureHandler.answer(request, Problem.invalid("stream", fault).exception());
      return;
    }
    states
        .apply(stream)
        .onComplete(
            state -> answer(request, stream, state), cause -> unknown(request, stream, cause));
  }

  private static void answer(HttpServerRequest request, String stream, StreamStatus known) {
    JsonObject state =
        new JsonObject()
            .put("stream", stream)
            .put("live", live(known.getLive()))
            .put("viewers", known.getViewers())
            .put("reactions", known.getReactionsUnknown() ? null : reactions(known));
    request
        .response()
        .putHeader(HttpHeaders.CONTENT_TYPE, "application/json")
        .putHeader(HttpHeaders.CACHE_CONTROL, "no-store")
        .end(state.toBuffer());
  }

  private static JsonObject reactions(StreamStatus known) {
    JsonObject reactions = new JsonObject();
    new TreeMap<>(known.getReactionsMap()).forEach(reactions::put);
    return reactions;
  }

  private static @Nullable Boolean live(StreamStatus.Live live) {
    return switch (live) {
      case LIVE -> true;
      case DARK -> false;
      default -> null;
    };
  }

  /** The node that counts did not answer; to say 0 would be a lie. */
  private static void unknown(HttpServerRequest request, String stream, Throwable cause) {
    LOG.debug("No state of {}", stream, cause);
    FailureHandler.answer(
        request,
        Problem.unavailable(
                "the node that keeps this stream's state, or the store, did not answer; retry in "
                    + RETRY_SECONDS
                    + " s",
                RETRY_SECONDS)
            .exception());
  }
}
