package io.ovation.deliver;

import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.handler.codec.http.websocketx.WebSocketFrameDecoder;
import io.netty.handler.codec.http.websocketx.WebSocketFrameEncoder;
import io.netty.handler.stream.ChunkedWriteHandler;
import io.netty.handler.timeout.IdleStateHandler;
import io.ovation.http.HeadGuard;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.internal.http.WebSocketInternal;

/**
 * Takes a channel from Vert.x once it did the upgrade. An idle Vert.x WebSocket keeps 14.4 KB:
 * queues both ways, the request, the response, their headers. A viewer needs none of them.
 */
final class Takeover {
  private final EventLoopShard shard;
  private final WriteBufferWaterMark waterMark;

  /**
   * @param buffer bytes that may wait in the channel; it is writable again once half are gone
   */
  Takeover(EventLoopShard shard, int buffer) {
    this.shard = shard;
    this.waterMark = new WriteBufferWaterMark(buffer / 2, buffer);
  }

  /** On the shard's loop, in the very turn in which the upgrade was done: no frame has passed. */
  void take(ServerWebSocket socket, boolean sockJs) {
    ChannelHandlerContext vertx = ((WebSocketInternal) socket).channelHandlerContext();
    ChannelPipeline pipeline = vertx.pipeline();
    if (!vertx.channel().eventLoop().inEventLoop() || !shard.inLoop()) {
      vertx.channel().close();
      throw new IllegalStateException("a connection was handed to another loop's shard");
    }
    ChannelHandlerContext decoder = pipeline.context(WebSocketFrameDecoder.class);
    if (decoder == null) {
      return; // closed in between
    }
    // Frames are written complete; silence is found out by the shard's own heartbeat.
    removeAny(pipeline, HeadGuard.class);
    removeAny(pipeline, WebSocketFrameEncoder.class);
    removeAny(pipeline, IdleStateHandler.class);
    removeAny(pipeline, ChunkedWriteHandler.class);
    vertx.channel().config().setWriteBufferWaterMark(waterMark);
    ChannelViewer viewer = new ChannelViewer(shard, decoder, sockJs);
    ChannelHandler old = vertx.handler();
    pipeline.replace(old, "viewer", new WebSocketChannelHandler(viewer));
    letGo(old, vertx);
    shard.joined(viewer);
    viewer.open();
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
