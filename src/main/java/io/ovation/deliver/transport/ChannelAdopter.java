package io.ovation.deliver.transport;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.handler.codec.http.websocketx.WebSocketFrameDecoder;
import io.netty.handler.codec.http.websocketx.WebSocketFrameEncoder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.stream.ChunkedWriteHandler;
import io.netty.handler.timeout.IdleStateHandler;
import io.ovation.deliver.EventLoopShard;
import io.ovation.deliver.protocol.ClientMessage;
import io.ovation.http.HeaderTimeoutHandler;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.internal.http.WebSocketInternal;
import io.vertx.core.net.impl.ConnectionBase;

/**
 * Takes a channel from Vert.x once it did the upgrade, or read the request. An idle Vert.x
 * WebSocket keeps 14.4 KB: queues both ways, the request, the response, their headers. A viewer
 * needs none of them.
 */
public final class ChannelAdopter {
  private final EventLoopShard shard;
  private final WriteBufferWaterMark waterMark;

  /** The shard's settings bound what may wait in a channel; half of it gone, it is writable. */
  public ChannelAdopter(EventLoopShard shard) {
    this.shard = shard;
    int buffer = shard.settings().buffer();
    this.waterMark = new WriteBufferWaterMark(buffer / 2, buffer);
  }

  /** On the shard's loop, in the very turn in which the upgrade was done: no frame has passed. */
  public void take(ServerWebSocket socket, boolean sockJs) {
    ChannelHandlerContext vertx = ((WebSocketInternal) socket).channelHandlerContext();
    ChannelPipeline pipeline = vertx.pipeline();
    checkLoop(vertx.channel());
    ChannelHandlerContext decoder = pipeline.context(WebSocketFrameDecoder.class);
    if (decoder == null) {
      return; // closed in between
    }
    // Frames are written complete; silence is found out by the shard's own heartbeat.
    removeAny(pipeline, HeaderTimeoutHandler.class);
    removeAny(pipeline, WebSocketFrameEncoder.class);
    removeAny(pipeline, IdleStateHandler.class);
    removeAny(pipeline, ChunkedWriteHandler.class);
    vertx.channel().config().setWriteBufferWaterMark(waterMark);
    WebSocketViewer viewer = new WebSocketViewer(shard, decoder, sockJs);
    ChannelHandler old = vertx.handler();
    pipeline.replace(old, "viewer", new WebSocketChannelHandler(viewer));
    letGo(old, vertx);
    shard.joined(viewer);
    viewer.open();
  }

  /**
   * On the shard's loop, after the request was read and while nothing was answered. What the
   * channel still brings is thrown away.
   */
  void stream(ConnectionBase connection, ClientMessage.Watch watch, long retryMs) {
    ChannelHandlerContext vertx = connection.channelHandlerContext();
    ChannelPipeline pipeline = vertx.pipeline();
    checkLoop(vertx.channel());
    if (!vertx.channel().isActive()) {
      return; // closed in between
    }
    vertx.channel().config().setWriteBufferWaterMark(waterMark);
    if (vertx.channel() instanceof EpollSocketChannel epoll) {
      // Else bytes that nobody acknowledges fail after the kernel's quarter of an hour.
      epoll.config().setTcpUserTimeout(Math.toIntExact(2 * shard.settings().heartbeatMs()));
    }
    SseChannelHandler handler = new SseChannelHandler(shard);
    ChannelHandler old = vertx.handler();
    pipeline.replace(old, "viewer", handler);
    for (ChannelHandler other : pipeline.toMap().values()) {
      if (other != handler && !(other instanceof SslHandler)) {
        pipeline.remove(other);
      }
    }
    letGo(old, vertx);
    SseViewer viewer = handler.viewer(pipeline.context(handler));
    shard.joined(viewer);
    viewer.open(retryMs);
    shard.watch(viewer, watch);
  }

  private void checkLoop(Channel channel) {
    if (!channel.eventLoop().inEventLoop() || !shard.inLoop()) {
      channel.close();
      throw new IllegalStateException("a connection was handed to another loop's shard");
    }
  }

  /** Vert.x ends its books on the connection: metrics, event-bus handlers, queues. */
  private static void letGo(ChannelHandler old, ChannelHandlerContext context) {
    if (old instanceof io.vertx.core.net.impl.VertxHandler<?> handler) {
      handler.channelInactive(context);
    }
  }

  private static <T extends ChannelHandler> void removeAny(
      ChannelPipeline pipeline, Class<T> type) {
    if (pipeline.get(type) != null) {
      pipeline.remove(type);
    }
  }
}
