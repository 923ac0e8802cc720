package io.ovation.deliver.transport;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.ReferenceCountUtil;
import io.ovation.deliver.EventLoopShard;
import io.ovation.deliver.protocol.ClientMessage;
import io.ovation.deliver.protocol.CloseCode;
import io.ovation.vertx.NettyPipelines;
import io.vertx.core.http.HttpConnection;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The server's side of a response of server-sent events. What the client sends is discarded. */
final class SseChannelHandler extends ChannelInboundHandlerAdapter {
  private static final Logger log = LoggerFactory.getLogger(SseChannelHandler.class);

  private final EventLoopShard shard;
  private @Nullable SseViewer viewer;

  private SseChannelHandler(EventLoopShard shard) {
    this.shard = shard;
  }

  /**
   * Takes the connection from Vert.x and begins the response. On the shard's loop, after the
   * request was read and before anything was answered.
   */
  static void accept(
      EventLoopShard shard, HttpConnection connection, ClientMessage.Watch watch, long retryMs) {
    SseChannelHandler handler = new SseChannelHandler(shard);
    ChannelHandlerContext context = NettyPipelines.adopt(connection, handler);
    if (context != null) {
      SseViewer viewer = new SseViewer(shard, context);
      handler.viewer = viewer;
      shard.connected(viewer);
      viewer.open(retryMs);
      shard.watch(viewer, watch);
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object msg) {
    ReferenceCountUtil.release(msg);
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    if (viewer != null) {
      if (viewer.writable()) {
        shard.markAlive(viewer);
      }
      viewer.writabilityChanged(shard.now());
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    if (viewer != null) {
      shard.disconnected(viewer);
    }
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (NettyPipelines.isServerShutdown(event) && viewer != null) {
      viewer.close(CloseCode.GOING_AWAY);
    }
    ReferenceCountUtil.release(event);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    if (!(cause instanceof IOException)) {
      log.warn("a viewer's connection failed and is closed; the others go on", cause);
    }
    ctx.close();
  }
}
