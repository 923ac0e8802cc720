package io.ovation.deliver;

import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.ovation.deliver.transport.PerMessageDeflate;
import io.ovation.deliver.transport.SseRoutes;
import io.ovation.deliver.transport.Transport;
import io.ovation.deliver.transport.WebSocketChannelHandler;
import io.ovation.http.HttpEventLoop;
import io.ovation.http.problem.FailureHandler;
import io.ovation.http.problem.Problem;
import io.ovation.vertx.Contexts;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The viewers' connections of one event loop: its shard, the shard's timer, and the routes by which
 * viewers connect there. Deployed by {@link DeliveryService}, one instance per event loop.
 */
public final class DeliveryVerticle extends VerticleBase {
  private static final Logger log = LoggerFactory.getLogger(DeliveryVerticle.class);
  private static final String PLAIN = "/live/websocket";

  /** The subprotocol of clients that want one message in each frame. */
  private static final String SINGLE = "ovation.single";

  /** The client chooses server and session; neither has a dot (SockJS 0.3.3). */
  private static final Pattern SOCKJS = Pattern.compile("/live/[^/.]+/[^/.]+/websocket");

  private final DeliveryService service;
  private @Nullable EventLoopShard shard;

  DeliveryVerticle(DeliveryService service) {
    this.service = service;
  }

  @Override
  public Future<?> start() {
    EventLoop loop = Contexts.eventLoop(context);
    if (service.register(loop, this)) {
      shard = service.newShard(loop);
    }
    return Future.succeededFuture();
  }

  /**
   * Closes all connections and returns at once. Those that do not answer are closed by the HTTP
   * server, or after {@link DeliverySettings#CLOSE_PATIENCE}.
   */
  @Override
  public Future<?> stop() {
    if (shard != null) {
      shard.close();
    }
    return Future.succeededFuture();
  }

  void mount(HttpEventLoop http) {
    http.upgrades(PLAIN::equals, request -> upgrade(request, Transport.WEBSOCKET));
    http.upgrades(
        path -> SOCKJS.matcher(path).matches(), request -> upgrade(request, Transport.SOCKJS));
    service.sockJsFallbacks.mount(http, shard());
    new SseRoutes(service.admission, service.access, service.hook).mount(http, shard());
  }

  private void upgrade(HttpServerRequest request, Transport transport) {
    Problem refusal = service.admission.refusal();
    if (refusal != null) {
      request.response().putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
      FailureHandler.send(request, refusal);
      request.connection().close();
      return;
    }
    boolean plain = transport == Transport.WEBSOCKET;
    boolean single = plain && "1".equals(request.getParam("single"));
    String offers = request.getHeader(HttpHeaderNames.SEC_WEBSOCKET_EXTENSIONS);
    boolean deflate =
        service.deflate
            && plain
            && !single
            && !request.headers().contains(HttpHeaderNames.SEC_WEBSOCKET_PROTOCOL)
            && PerMessageDeflate.canTake(offers);
    if (deflate) {
      request
          .response()
          .putHeader(HttpHeaderNames.SEC_WEBSOCKET_EXTENSIONS, PerMessageDeflate.TAKEN);
    }
    String address = service.access.address(request.remoteAddress(), request.headers());
    request
        .toWebSocket()
        .onSuccess(
            socket ->
                WebSocketChannelHandler.accept(
                    shard(),
                    socket,
                    deflate
                        ? Transport.WEBSOCKET_DEFLATE
                        : single || (plain && SINGLE.equals(socket.subProtocol()))
                            ? Transport.WEBSOCKET_SINGLE
                            : transport,
                    address))
        .onFailure(failure -> log.debug("a WebSocket upgrade failed: {}", failure.getMessage()));
  }

  /** Any thread. */
  Future<Void> drain(Duration period, Duration spread) {
    return shard().drain(period, spread);
  }

  private EventLoopShard shard() {
    return Objects.requireNonNull(shard);
  }
}
