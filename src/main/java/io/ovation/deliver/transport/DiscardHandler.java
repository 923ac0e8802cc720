package io.ovation.deliver.transport;

import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.websocketx.WebSocketFrameDecoder;
import io.netty.util.ReferenceCountUtil;

/**
 * Reads and discards. A socket that is closed with unread bytes is reset, and a reset may destroy
 * the last frames before the other side has read them.
 */
@ChannelHandler.Sharable
final class DiscardHandler extends ChannelInboundHandlerAdapter {
  private static final DiscardHandler INSTANCE = new DiscardHandler();

  private DiscardHandler() {}

  /** Replaces the frame decoder; returns the context from which bytes can be written. */
  static ChannelHandlerContext replaceDecoder(ChannelPipeline pipeline) {
    if (pipeline.get(WebSocketFrameDecoder.class) != null) {
      pipeline.replace(WebSocketFrameDecoder.class, "discard", INSTANCE);
    }
    ChannelHandlerContext context = pipeline.context(INSTANCE);
    return context == null ? pipeline.lastContext() : context;
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object msg) {
    ReferenceCountUtil.release(msg);
  }
}
