package io.ovation.http;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.LastHttpContent;
import org.jspecify.annotations.Nullable;

/**
 * Watches one connection for a request whose head never ends. It stands behind the HTTP decoder and
 * sees whole heads, and reads that complete none. What becomes a WebSocket needs it no longer: who
 * takes the channel over removes it. Channel's loop only.
 */
public final class HeaderTimeoutHandler extends ChannelInboundHandlerAdapter {
  private final HeaderTimeouts heads;

  /**
   * By when the head must be there; with the next two kept by {@link HeaderTimeouts}. Nanoseconds.
   */
  long deadline;

  /** Whether it stands in the line, and when it is looked at. */
  boolean inLine;

  long lookAt;

  private @Nullable ChannelHandlerContext context;

  /** The connection is new, or something of the next head has come. */
  private boolean awaited;

  /** The decoder gave something since the last read began. */
  private boolean given;

  /** Between a request's head and the end of its body. */
  private boolean inRequest;

  HeaderTimeoutHandler(HeaderTimeouts heads) {
    this.heads = heads;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    context = ctx;
    awaitHead();
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object msg) {
    given = true;
    if (msg instanceof HttpRequest) {
      inRequest = true;
      awaited = false;
    }
    if (msg instanceof LastHttpContent) {
      inRequest = false;
    }
    ctx.fireChannelRead(msg);
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    if (!given && !inRequest && !awaited) {
      awaitHead();
    }
    given = false;
    ctx.fireChannelReadComplete();
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext ctx) {
    awaited = false;
    context = null;
  }

  private void awaitHead() {
    awaited = true;
    heads.await(this);
  }

  boolean awaited() {
    return awaited;
  }

  void close() {
    if (context != null) {
      context.close();
    }
  }
}
