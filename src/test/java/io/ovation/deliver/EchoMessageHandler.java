package io.ovation.deliver;

import com.google.protobuf.ByteString;
import io.netty.channel.EventLoop;
import io.ovation.auth.AccessControl;
import io.ovation.config.Config;
import io.ovation.deliver.transport.Transport;
import io.ovation.deliver.transport.WebSocketChannelHandler;
import io.ovation.http.HttpEventLoop;
import io.ovation.vertx.Contexts;
import io.vertx.core.Future;
import java.util.concurrent.atomic.AtomicLong;

/** Answers every text with itself, behind all that is before the viewers' own messages. */
final class EchoMessageHandler extends ViewerMessageHandler {
  static final String PATH = "/echo";

  private EchoMessageHandler(EventLoopShard shard) {
    super(
        shard,
        new FakeSubmissions(),
        AccessControl.onTrust(),
        (caller, stream, user, trace) -> Future.succeededFuture(caller),
        shard.settings,
        shard.metrics);
  }

  @Override
  void handle(Viewer viewer, byte[] message) {
    ByteString text = ByteString.copyFrom(message);
    if (text.isValidUtf8()) {
      viewer.send(text.toStringUtf8());
    }
  }

  /** Adds a path whose WebSockets echo to the HTTP server of one event loop. */
  static HttpEventLoop mount(HttpEventLoop http, Config.Viewer config) {
    EventLoop loop = Contexts.eventLoop(http.context());
    EventLoopShard shard =
        new EventLoopShard(
            loop,
            new FakeSubscriptions(),
            EchoMessageHandler::new,
            DeliverySettings.of(config, "test"),
            FakeViewer.metrics(),
            new AtomicLong());
    http.upgrades(
        PATH::equals,
        request ->
            request
                .toWebSocket()
                .onSuccess(
                    socket ->
                        WebSocketChannelHandler.accept(shard, socket, Transport.WEBSOCKET, "")));
    return http;
  }
}
