package io.ovation.deliver.transport;

import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.websocketx.WebSocketFrameDecoder;
import io.netty.util.ReferenceCountUtil;

/**
 * Reads on and throws away. A socket that is closed with unread bytes is reset, and a reset may
 * take the last frames with it before the other side has read them.
 */
@ChannelHandler.Sharable
final class DiscardHandler extends ChannelInboundHandlerAdapter {
  private static final DiscardHandler INSTANCE = new DiscardHandler();

  private DiscardHandler() {}

  /** Puts it in the place of the frame decoder. */
  static ChannelHandlerContext instead(ChannelPipeline pipeline) {
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
