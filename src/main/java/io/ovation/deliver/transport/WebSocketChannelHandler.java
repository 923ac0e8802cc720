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
import io.ovation.vertx.NettyPipelines;
import io.vertx.core.http.ServerWebSocket;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The server's side of a WebSocket (RFC 6455) behind Netty's frame decoder, which checks masks,
 * opcodes, lengths and the order of fragments. It handles messages, pings and the closing
 * handshake.
 */
public final class WebSocketChannelHandler extends ChannelInboundHandlerAdapter {
  private static final Logger log = LoggerFactory.getLogger(WebSocketChannelHandler.class);

  private final WebSocketViewer viewer;

  /** The fragments of a message that is not complete yet. */
  private @Nullable ByteBuf fragments;

  /** The fragments of a binary message are discarded. */
  private boolean skipping;

  private WebSocketChannelHandler(WebSocketViewer viewer) {
    this.viewer = viewer;
  }

  /** Takes a WebSocket from Vert.x. On the shard's loop, in the task in which it was upgraded. */
  public static void accept(EventLoopShard shard, ServerWebSocket socket, boolean sockJs) {
    WebSocketChannelHandler handler =
        NettyPipelines.adoptWebSocket(
            socket, wire -> new WebSocketChannelHandler(new WebSocketViewer(shard, wire, sockJs)));
    if (handler != null) {
      shard.connected(handler.viewer);
      handler.viewer.open();
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object msg) {
    try {
      if (msg instanceof WebSocketFrame frame) {
        viewer.reading(true);
        shard().markAlive(viewer);
        if (msg instanceof CloseWebSocketFrame close) {
          viewer.closedByClient(close.statusCode());
        } else if (!viewer.isClosing()) {
          read(ctx, frame);
        }
      }
    } finally {
      ReferenceCountUtil.release(msg);
    }
  }

  private void read(ChannelHandlerContext ctx, WebSocketFrame frame) {
    if (frame instanceof PingWebSocketFrame) {
      if (shard().admitMessage(viewer)) {
        viewer.pong(frame.content());
      }
    } else if (frame instanceof BinaryWebSocketFrame) {
      skipping = !frame.isFinalFragment();
      shard()
          .refuse(viewer, new Problem(400, "binary", "message", "message: must be text", 0), null);
    } else if (frame instanceof PongWebSocketFrame) {
      return; // it has proved that the viewer is alive
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
      shard().receive(viewer, bytes(frame.content()));
    } else {
      if (fragments == null) {
        fragments = ctx.alloc().buffer(size);
      }
      fragments.writeBytes(frame.content());
      if (frame.isFinalFragment()) {
        byte[] message = bytes(fragments);
        dropFragments();
        shard().receive(viewer, message);
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
    shard().disconnected(viewer);
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (NettyPipelines.isServerShutdown(event)) {
      viewer.close(CloseCode.GOING_AWAY);
    }
    ReferenceCountUtil.release(event);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    if (cause instanceof CorruptedWebSocketFrameException corrupted) {
      // What follows can't be decoded, but must be read so that our close frame arrives.
      viewer.rewire(DiscardHandler.replaceDecoder(ctx.pipeline()));
      if (WebSocketCloseStatus.MESSAGE_TOO_BIG.equals(corrupted.closeStatus())) {
        tooLarge();
      } else {
        log.debug("a viewer broke the WebSocket protocol: {}", cause.getMessage());
        viewer.close(CloseCode.PROTOCOL);
      }
    } else if (cause instanceof IOException) {
      ctx.close(); // the connection is gone
    } else {
      log.warn("a viewer's connection failed and is closed; the others go on", cause);
      viewer.close(CloseCode.FAILED);
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
    viewer.close(CloseCode.TOO_LARGE);
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
