package io.ovation.ingress;

import io.ovation.bus.Names;
import io.ovation.http.Failures;
import io.ovation.http.FrontLoop;
import io.ovation.http.Problem;
import io.vertx.core.Future;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@code GET /streams/{stream}}: what is known of a stream just now. */
final class StreamRoutes {
  private static final Logger LOG = LoggerFactory.getLogger(StreamRoutes.class);
  private static final int RETRY_SECONDS = 2;

  private final Function<String, Future<Long>> viewers;

  StreamRoutes(Function<String, Future<Long>> viewers) {
    this.viewers = viewers;
  }

  void mount(FrontLoop loop) {
    loop.router()
        .route("/streams/:stream")
        .method(HttpMethod.GET)
        .method(HttpMethod.HEAD)
        .handler(this::stream);
  }

  private void stream(RoutingContext ctx) {
    HttpServerRequest request = ctx.request();
    String stream = ctx.pathParam("stream");
    String fault = Names.streamFault(stream);
    if (fault != null) {
      Failures.answer(request, Problem.invalid("stream", fault).exception());
      return;
    }
    viewers
        .apply(stream)
        .onComplete(
            count -> answer(request, stream, count), cause -> unknown(request, stream, cause));
  }

  private static void answer(HttpServerRequest request, String stream, long viewers) {
    JsonObject state =
        new JsonObject()
            .put("stream", stream)
            .putNull("live")
            .put("viewers", viewers)
            .put("reactions", new JsonObject());
    request
        .response()
        .putHeader(HttpHeaders.CONTENT_TYPE, "application/json")
        .putHeader(HttpHeaders.CACHE_CONTROL, "no-store")
        .end(state.toBuffer());
  }

  /** The node that counts did not answer; to say 0 would be a lie. */
  private static void unknown(HttpServerRequest request, String stream, Throwable cause) {
    LOG.debug("No viewer count of {}", stream, cause);
    Failures.answer(
        request,
        Problem.unavailable(
                "the node that keeps this stream's viewer count did not answer; retry in "
                    + RETRY_SECONDS
                    + " s",
                RETRY_SECONDS)
            .exception());
  }
}
