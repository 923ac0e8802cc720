package io.ovation.vertx;

import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.codec.http.websocketx.WebSocket13FrameDecoder;
import io.netty.handler.codec.http.websocketx.WebSocketDecoderConfig;
import io.netty.handler.codec.http.websocketx.WebSocketFrameDecoder;
import io.netty.handler.codec.http.websocketx.WebSocketFrameEncoder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.stream.ChunkedWriteHandler;
import io.netty.handler.timeout.IdleStateHandler;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.http.impl.HttpServerConnection;
import io.vertx.core.internal.http.WebSocketInternal;
import io.vertx.core.net.impl.ShutdownEvent;
import io.vertx.core.net.impl.VertxHandler;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What the server changes in the Netty pipelines of Vert.x's HTTP connections. All methods are to
 * be called on the connection's loop.
 */
public final class NettyPipelines {
  /** Bytes per read: the least, the first, and the most that the buffer adapts to. */
  private static final int MIN_READ = 64;

  private static final int FIRST_READ = 2048;
  private static final int MAX_READ = 16 * 1024;

  private NettyPipelines() {}

  /** The context of Vert.x's own handler. */
  static ChannelHandlerContext contextOf(HttpConnection connection) {
    return ((HttpServerConnection) connection).channelHandlerContext();
  }

  /** Runs {@code task} when the connection has closed, whatever protocol it speaks by then. */
  public static void onClose(HttpConnection connection, Runnable task) {
    contextOf(connection).channel().closeFuture().addListener(closed -> task.run());
  }

  /**
   * Bounds how much is read from a connection before the loop turns to the next. With Netty's
   * default, 16 reads of up to 64 KiB, one client that pipelines requests puts tens of thousands of
   * them in front of everybody else's.
   */
  public static void limitReads(HttpConnection connection) {
    AdaptiveRecvByteBufAllocator reads =
        new AdaptiveRecvByteBufAllocator(MIN_READ, FIRST_READ, MAX_READ);
    contextOf(connection).channel().config().setRecvByteBufAllocator(reads.maxMessagesPerRead(1));
  }

  /**
   * Replaces Vert.x's handler of a WebSocket by another one, which then gets Netty's decoded frames
   * and writes encoded ones. An idle Vert.x WebSocket keeps 14.4 KB: queues both ways, the request,
   * the response, their headers. To be called in the same task in which the upgrade was done, so
   * that no frame has passed.
   *
   * @param compressed if an extension was negotiated, the most bytes of a frame, whose reserved
   *     bits the handler must check; else 0
   * @param handler makes the new handler from the context of the frame decoder, from which bytes
   *     can be written to the wire
   * @return the new handler; null if the connection is closed already
   */
  public static <H extends ChannelHandler> @Nullable H adoptWebSocket(
      ServerWebSocket socket, int compressed, Function<ChannelHandlerContext, H> handler) {
    ChannelHandlerContext vertx = ((WebSocketInternal) socket).channelHandlerContext();
    checkLoop(vertx);
    ChannelPipeline pipeline = vertx.pipeline();
    ChannelHandlerContext decoder = pipeline.context(WebSocketFrameDecoder.class);
    if (decoder == null) {
      return null;
    }
    if (compressed > 0) {
      decoder = allowExtensions(decoder, compressed);
    }
    // Frames are written encoded, and whoever adopts a WebSocket checks itself whether it is alive.
    removeIfPresent(pipeline, HeaderTimeouts.Watcher.class);
    removeIfPresent(pipeline, RequestGuard.class);
    removeIfPresent(pipeline, PipelinedAnswers.class);
    removeIfPresent(pipeline, WebSocketFrameEncoder.class);
    removeIfPresent(pipeline, IdleStateHandler.class);
    removeIfPresent(pipeline, ChunkedWriteHandler.class);
    H replacement = handler.apply(decoder);
    replaceHandler(vertx, replacement);
    close(vertx);
    return replacement;
  }

  private static ChannelHandlerContext allowExtensions(ChannelHandlerContext decoder, int limit) {
    WebSocketDecoderConfig config =
        WebSocketDecoderConfig.newBuilder()
            .allowExtensions(true)
            .maxFramePayloadLength(limit)
            .closeOnProtocolViolation(false)
            .build();
    ChannelPipeline pipeline = decoder.pipeline();
    String name = decoder.name();
    pipeline.replace(decoder.handler(), name, new WebSocket13FrameDecoder(config));
    return pipeline.context(name);
  }

  /**
   * Replaces Vert.x's handler of a connection, and all other handlers but TLS. To be called when
   * the request has been read and before anything is answered.
   *
   * @param handler makes the new handler from the context of the one that it replaces
   * @return the new handler; null, and nothing is changed, if the connection is closed already
   */
  public static <H extends ChannelHandler> @Nullable H adopt(
      HttpConnection connection, Function<ChannelHandlerContext, H> handler) {
    ChannelHandlerContext vertx = contextOf(connection);
    checkLoop(vertx);
    if (!vertx.channel().isActive()) {
      return null;
    }
    ChannelPipeline pipeline = vertx.pipeline();
    H replacement = handler.apply(vertx);
    replaceHandler(vertx, replacement);
    // After that, so that bytes left over in a decoder reach the new handler.
    for (ChannelHandler other : pipeline.toMap().values()) {
      if (other != replacement && !(other instanceof SslHandler)) {
        pipeline.remove(other);
      }
    }
    close(vertx);
    return replacement;
  }

  /** Whether a user event in a pipeline says that the client has closed its sending side. */
  public static boolean isClientGone(Object event) {
    return event instanceof ChannelInputShutdownEvent;
  }

  /** Whether a user event in a pipeline says that the HTTP server is closing. */
  public static boolean isServerShutdown(Object event) {
    return event instanceof ShutdownEvent;
  }

  private static void checkLoop(ChannelHandlerContext context) {
    if (!context.channel().eventLoop().inEventLoop()) {
      context.channel().close();
      throw new IllegalStateException("a connection was handed to another event loop");
    }
  }

  private static void replaceHandler(ChannelHandlerContext vertx, ChannelHandler handler) {
    vertx.pipeline().replace(vertx.handler(), "viewer", handler);
  }

  /** Vert.x releases what it keeps for the connection: metrics, queues, event-bus handlers. */
  private static void close(ChannelHandlerContext vertx) {
    if (vertx.handler() instanceof VertxHandler<?> handler) {
      handler.channelInactive(vertx);
    }
  }

  private static void removeIfPresent(
      ChannelPipeline pipeline, Class<? extends ChannelHandler> type) {
    if (pipeline.get(type) != null) {
      pipeline.remove(type);
    }
  }
}
