package io.ovation.deliver;

import io.ovation.deliver.lifecycle.ConnectionAdmission;
import io.ovation.deliver.transport.SockJsFallbackRoutes;
import io.ovation.deliver.transport.SseRoutes;
import io.ovation.deliver.transport.WebSocketChannelHandler;
import io.ovation.http.HttpEventLoop;
import io.ovation.http.problem.FailureHandler;
import io.ovation.http.problem.Problem;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The paths on which viewers connect: {@code /live} and {@code /streams/{stream}/events}. */
final class ViewerRoutes {
  private static final Logger log = LoggerFactory.getLogger(ViewerRoutes.class);

  private static final String PLAIN = "/live/websocket";

  /** The client chooses server and session; neither has a dot (SockJS 0.3.3). */
  private static final Pattern SOCKJS = Pattern.compile("/live/[^/.]+/[^/.]+/websocket");

  private final ConnectionAdmission admission;
  private final SockJsFallbackRoutes sockJsFallbacks;
  private final SseRoutes serverSentEvents;

  ViewerRoutes(DeliverySettings settings, ConnectionAdmission admission, DeliveryMetrics metrics) {
    this.admission = admission;
    this.sockJsFallbacks = new SockJsFallbackRoutes(settings, admission, metrics);
    this.serverSentEvents = new SseRoutes(admission);
  }

  /**
   * @param shard of the same event loop
   */
  void mount(HttpEventLoop http, EventLoopShard shard) {
    http.upgrades(PLAIN::equals, request -> upgrade(request, shard, false));
    http.upgrades(path -> SOCKJS.matcher(path).matches(), request -> upgrade(request, shard, true));
    sockJsFallbacks.mount(http, shard);
    serverSentEvents.mount(http, shard);
  }

  private void upgrade(HttpServerRequest request, EventLoopShard shard, boolean sockJs) {
    Problem refusal = admission.refusal();
    if (refusal != null) {
      request.response().putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
      FailureHandler.send(request, refusal);
      request.connection().close();
      return;
    }
    request
        .toWebSocket()
        .onSuccess(socket -> WebSocketChannelHandler.accept(shard, socket, sockJs))
        .onFailure(failure -> log.debug("a WebSocket upgrade failed: {}", failure.getMessage()));
  }
}
