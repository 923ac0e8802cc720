package io.ovation.deliver.transport;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.ReferenceCountUtil;
import io.ovation.deliver.EventLoopShard;
import io.ovation.deliver.protocol.CloseCode;
import io.vertx.core.net.impl.ShutdownEvent;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The server's end of a response that goes on for as long as its viewer stays. */
final class SseChannelHandler extends ChannelInboundHandlerAdapter {
  private static final Logger LOG = LoggerFactory.getLogger(SseChannelHandler.class);

  private final EventLoopShard shard;
  private @Nullable SseViewer viewer;

  SseChannelHandler(EventLoopShard shard) {
    this.shard = shard;
  }

  /** Makes the viewer on the channel that this has been added to. */
  SseViewer viewer(ChannelHandlerContext ctx) {
    SseViewer made = new SseViewer(shard, ctx);
    viewer = made;
    return made;
  }

  /** Nothing more can be asked for on this connection. */
  @Override
  public void channelRead(ChannelHandlerContext ctx, Object msg) {
    ReferenceCountUtil.release(msg);
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    if (viewer != null) {
      if (viewer.writable()) {
        shard.heardFrom(viewer);
      }
      viewer.writabilityChanged(shard.now());
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    if (viewer != null) {
      shard.left(viewer);
    }
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event instanceof ShutdownEvent && viewer != null) {
      viewer.end(CloseCode.GOING_AWAY);
    }
    ReferenceCountUtil.release(event);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    if (!(cause instanceof IOException)) {
      LOG.warn("a viewer's connection failed and is closed; the others go on", cause);
    }
    ctx.close();
  }
}
