package io.ovation.deliver.transport;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CorruptedWebSocketFrameException;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PongWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketCloseStatus;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.netty.util.ReferenceCountUtil;
import io.ovation.deliver.EventLoopShard;
import io.ovation.deliver.protocol.CloseCode;
import io.ovation.http.problem.Problem;
import io.vertx.core.net.impl.ShutdownEvent;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The server's end of a WebSocket (RFC 6455) behind Netty's frame decoder, which has checked masks,
 * opcodes, lengths and the order of fragments. Here are messages, pings, and both ways to close.
 */
final class WebSocketChannelHandler extends ChannelInboundHandlerAdapter {
  private static final Logger LOG = LoggerFactory.getLogger(WebSocketChannelHandler.class);

  private final WebSocketViewer viewer;

  /** The message that is not complete yet. */
  private @Nullable ByteBuf fragments;

  /** The rest of a binary message is thrown away. */
  private boolean skipping;

  WebSocketChannelHandler(WebSocketViewer viewer) {
    this.viewer = viewer;
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object msg) {
    try {
      if (msg instanceof WebSocketFrame frame) {
        viewer.reading(true);
        shard().heardFrom(viewer);
        if (msg instanceof CloseWebSocketFrame close) {
          viewer.ended(close.statusCode());
        } else if (!viewer.ending()) {
          read(ctx, frame);
        }
      }
    } finally {
      ReferenceCountUtil.release(msg);
    }
  }

  private void read(ChannelHandlerContext ctx, WebSocketFrame frame) {
    if (frame instanceof PingWebSocketFrame) {
      if (shard().admits(viewer)) {
        viewer.pong(frame.content());
      }
    } else if (frame instanceof BinaryWebSocketFrame) {
      skipping = !frame.isFinalFragment();
      shard()
          .refuse(viewer, new Problem(400, "binary", "message", "message: must be text", 0), null);
    } else if (frame instanceof PongWebSocketFrame) {
      return; // it was heard, that is all
    } else if (skipping) {
      skipping = !frame.isFinalFragment();
    } else {
      text(ctx, frame);
    }
  }

  private void text(ChannelHandlerContext ctx, WebSocketFrame frame) {
    int size =
        frame.content().readableBytes() + (fragments == null ? 0 : fragments.readableBytes());
    if (size > shard().settings().messageLimit()) {
      tooLarge();
    } else if (frame.isFinalFragment() && fragments == null) {
      shard().heard(viewer, bytes(frame.content()));
    } else {
      if (fragments == null) {
        fragments = ctx.alloc().buffer(size);
      }
      fragments.writeBytes(frame.content());
      if (frame.isFinalFragment()) {
        byte[] message = bytes(fragments);
        dropFragments();
        shard().heard(viewer, message);
      }
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    viewer.reading(false);
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    viewer.writabilityChanged(shard().now());
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    dropFragments();
    shard().left(viewer);
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event instanceof ShutdownEvent) {
      viewer.end(CloseCode.GOING_AWAY);
    }
    ReferenceCountUtil.release(event);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    if (cause instanceof CorruptedWebSocketFrameException corrupted) {
      // What follows can't be understood; reading it still lets our close frame arrive.
      viewer.rewire(DiscardHandler.instead(ctx.pipeline()));
      if (WebSocketCloseStatus.MESSAGE_TOO_BIG.equals(corrupted.closeStatus())) {
        tooLarge();
      } else {
        LOG.debug("a viewer broke the WebSocket protocol: {}", cause.getMessage());
        viewer.end(CloseCode.PROTOCOL);
      }
    } else if (cause instanceof IOException) {
      ctx.close(); // the connection is gone
    } else {
      LOG.warn("a viewer's connection failed and is closed; the others go on", cause);
      viewer.end(CloseCode.FAILED);
    }
  }

  private void tooLarge() {
    dropFragments();
    int limit = shard().settings().messageLimit();
    shard()
        .refuse(
            viewer,
            new Problem(413, "too_large", "message", "message: at most " + limit + " bytes", 0),
            null);
    viewer.end(CloseCode.TOO_LARGE);
  }

  private void dropFragments() {
    if (fragments != null) {
      fragments.release();
      fragments = null;
    }
  }

  private static byte[] bytes(ByteBuf content) {
    byte[] bytes = new byte[content.readableBytes()];
    content.readBytes(bytes);
    return bytes;
  }

  private EventLoopShard shard() {
    return viewer.shard();
  }
}
