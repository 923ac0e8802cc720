package io.ovation.deliver.transport;

import com.google.protobuf.ByteString;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CorruptedWebSocketFrameException;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PongWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketCloseStatus;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketFrameDecoder;
import io.netty.util.ReferenceCountUtil;
import io.ovation.deliver.EventLoopShard;
import io.ovation.deliver.protocol.CloseCode;
import io.ovation.http.problem.Problem;
import io.ovation.vertx.NettyPipelines;
import io.vertx.core.http.ServerWebSocket;
import java.util.zip.DataFormatException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The server's side of a WebSocket (RFC 6455) behind Netty's frame decoder, which checks masks,
 * opcodes, lengths and the order of fragments. It handles messages, pings and the closing
 * handshake.
 */
public final class WebSocketChannelHandler extends ChannelViewer.Handler<WebSocketViewer> {
  private static final Logger log = LoggerFactory.getLogger(WebSocketChannelHandler.class);
  private @Nullable ByteBuf fragments;

  /** In each of Netty's refusals of close frames, but for those of any control frame. */
  private static final String BAD_CLOSE = " close ";

  /** The client's current message is compressed. */
  private boolean compressed;

  /** The fragments of a binary message are discarded. */
  private boolean skipping;

  private WebSocketChannelHandler(WebSocketViewer viewer) {
    super(viewer);
  }

  /** Takes a WebSocket from Vert.x. On the shard's loop, in the task in which it was upgraded. */
  public static void accept(
      EventLoopShard shard, ServerWebSocket socket, Transport transport, String address) {
    int compressed = transport == Transport.WEBSOCKET_DEFLATE ? shard.settings.messageLimit() : 0;
    WebSocketChannelHandler handler =
        NettyPipelines.adoptWebSocket(
            socket,
            compressed,
            wire -> new WebSocketChannelHandler(new WebSocketViewer(shard, wire, transport)));
    if (handler != null) {
      handler.viewer.address = address;
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
        if (!follows(frame)) {
          viewer.close(CloseCode.PROTOCOL);
        } else if (msg instanceof CloseWebSocketFrame close) {
          viewer.closedByClient(close.statusCode(), isReadable(close.content()));
        } else if (!viewer.isClosing() && shard().messages.admitFrame(viewer)) {
          read(ctx, frame);
        }
      }
    } finally {
      ReferenceCountUtil.release(msg);
    }
  }

  /** Whether only a message's first frame says that it is compressed (RFC 7692, 6). */
  private boolean follows(WebSocketFrame frame) {
    if (frame instanceof TextWebSocketFrame || frame instanceof BinaryWebSocketFrame) {
      compressed = frame.rsv() == PerMessageDeflate.RSV1;
      return compressed || frame.rsv() == 0;
    }
    return frame.rsv() == 0;
  }

  /** Whether the reason of a close frame, which is behind its code, is UTF-8. */
  private static boolean isReadable(ByteBuf payload) {
    int size = payload.readableBytes() - 2;
    return size <= 0
        || ByteString.copyFrom(payload.nioBuffer(payload.readerIndex() + 2, size)).isValidUtf8();
  }

  private void read(ChannelHandlerContext ctx, WebSocketFrame frame) {
    if (frame instanceof PingWebSocketFrame) {
      if (shard().messages.admitPing(viewer)) {
        viewer.pong(frame.content());
      }
    } else if (frame instanceof BinaryWebSocketFrame) {
      skipping = !frame.isFinalFragment();
      Problem binary = new Problem(400, "binary", "message", "message: must be text", 0);
      shard().messages.refuse(viewer, binary, null);
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
    if (size > shard().settings.messageLimit()) {
      tooLarge(frame.content());
    } else if (frame.isFinalFragment() && fragments == null) {
      receive(ByteBufUtil.getBytes(frame.content()));
    } else {
      if (fragments == null) {
        fragments = ctx.alloc().buffer(size);
      }
      fragments.writeBytes(frame.content());
      if (frame.isFinalFragment()) {
        byte[] message = ByteBufUtil.getBytes(fragments);
        dropFragments();
        receive(message);
      }
    }
  }

  private void receive(byte[] message) {
    if (!compressed) {
      shard().messages.receive(viewer, message);
      return;
    }
    try {
      byte[] inflated = PerMessageDeflate.inflate(message, shard().settings.messageLimit());
      if (inflated == null) {
        tooLarge(Unpooled.EMPTY_BUFFER);
      } else {
        shard().messages.receive(viewer, inflated);
      }
    } catch (DataFormatException e) {
      log.debug("a viewer sent what is not compressed: {}", e.getMessage());
      viewer.close(CloseCode.PROTOCOL);
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    viewer.reading(false);
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    dropFragments();
    super.channelInactive(ctx);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    if (cause instanceof CorruptedWebSocketFrameException corrupted) {
      // What follows can't be decoded, but must be read so that our close frame arrives.
      viewer.rewire(discardReads(ctx.pipeline()));
      if (WebSocketCloseStatus.MESSAGE_TOO_BIG.equals(corrupted.closeStatus())) {
        tooLarge(Unpooled.EMPTY_BUFFER);
      } else if (WebSocketCloseStatus.INVALID_PAYLOAD_DATA.equals(corrupted.closeStatus())) {
        viewer.close(CloseCode.NOT_UTF8);
        viewer.closeSocket(); // The decoder checks the reason of a close frame only.
      } else {
        log.debug("a viewer broke the WebSocket protocol: {}", cause.getMessage());
        viewer.close(CloseCode.PROTOCOL);
        if (String.valueOf(cause.getMessage()).contains(BAD_CLOSE)) {
          viewer.closeSocket(); // It has said its last.
        }
      }
    } else {
      super.exceptionCaught(ctx, cause);
    }
  }

  /** Replaces the frame decoder; returns the context from which bytes can be written. */
  private static ChannelHandlerContext discardReads(ChannelPipeline pipeline) {
    if (pipeline.get(WebSocketFrameDecoder.class) != null) {
      pipeline.replace(WebSocketFrameDecoder.class, "discard", new CloseFrameAwaiter());
    }
    ChannelHandlerContext context = pipeline.context(CloseFrameAwaiter.class);
    return context == null ? pipeline.lastContext() : context;
  }

  /**
   * @param last what has come of it beside the fragments
   */
  private void tooLarge(ByteBuf last) {
    byte[] known =
        fragments == null
            ? ByteBufUtil.getBytes(last)
            : ByteBufUtil.getBytes(fragments.writeBytes(last));
    dropFragments();
    shard().messages.refuseTooLarge(viewer, known);
    viewer.close(CloseCode.TOO_LARGE);
  }

  private void dropFragments() {
    if (fragments != null) {
      fragments.release();
      fragments = null;
    }
  }

  private EventLoopShard shard() {
    return viewer.shard;
  }
}
