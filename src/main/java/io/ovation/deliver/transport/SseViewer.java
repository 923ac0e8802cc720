package io.ovation.deliver.transport;

import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.util.ReferenceCountUtil;
import io.ovation.auth.Caller;
import io.ovation.deliver.EventLoopShard;
import io.ovation.deliver.protocol.ClientMessage;
import io.ovation.deliver.protocol.CloseCode;
import io.ovation.deliver.protocol.ServerMessages;
import io.ovation.http.limits.ConnectionLimits;
import io.ovation.vertx.NettyPipelines;
import io.vertx.core.http.HttpConnection;
import org.jspecify.annotations.Nullable;

/**
 * A viewer of server-sent events. Since it can't send anything, a heartbeat that could be written
 * counts as a sign of life: the viewer is stale if none could be for two heartbeats.
 */
final class SseViewer extends ChannelViewer {
  private SseViewer(EventLoopShard shard, ChannelHandlerContext wire) {
    super(Transport.SSE, shard, wire);
  }

  /**
   * Takes the connection from Vert.x and begins the response. On the shard's loop, after the
   * request was read and before anything was answered. Returns false if the connection has closed.
   */
  static boolean accept(
      EventLoopShard shard,
      HttpConnection connection,
      Caller caller,
      ConnectionLimits.@Nullable Slot slot,
      ClientMessage.Watch watch,
      String origin,
      long retryMs) {
    SseHandler handler =
        NettyPipelines.adopt(connection, wire -> new SseHandler(new SseViewer(shard, wire)));
    if (handler != null) {
      handler.viewer.slot = slot;
      shard.connected(handler.viewer);
      handler.viewer.open(origin, retryMs);
      shard.messages.watchAs(handler.viewer, watch, caller);
    }
    return handler != null;
  }

  private static final class SseHandler extends Handler<SseViewer> {
    SseHandler(SseViewer viewer) {
      super(viewer);
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
      viewer.wire = ctx;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object msg) {
      ReferenceCountUtil.release(msg);
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
      if (viewer.writable()) {
        viewer.shard.markAlive(viewer);
      }
      super.channelWritabilityChanged(ctx);
    }
  }

  private void open(String origin, long retryMs) {
    if (channel instanceof EpollSocketChannel epoll) {
      // Without it the kernel resends for a quarter of an hour to a client that is gone.
      epoll.config().setTcpUserTimeout(Math.toIntExact(2 * shard.settings.heartbeatMs()));
    }
    put(SseFrames.head(wire.alloc(), origin, retryMs));
  }

  @Override
  public void send(String json) {
    send(json, SseFrames.NO_OFFSET);
  }

  @Override
  public void send(String json, long position) {
    if (!isClosing()) {
      put(SseFrames.message(wire.alloc(), json, position));
    }
  }

  /** An EventSource can't leave by itself; once it is closed, it returns when it was asked to. */
  @Override
  public void reconnect(long afterMs, String reason, CloseCode code) {
    if (!isClosing()) {
      String json = ServerMessages.reconnect(afterMs, reason);
      put(SseFrames.reconnect(wire.alloc(), afterMs, json));
      close(code);
    }
  }

  @Override
  public void ping() {
    wire.writeAndFlush(SseFrames.PING.duplicate())
        .addListener(
            written -> {
              if (written.isSuccess()) {
                shard.markAlive(this);
              }
            });
  }

  @Override
  public void close(CloseCode code) {
    if (!isClosing()) {
      shard.closing(this, code);
      wire.writeAndFlush(SseFrames.close(wire.alloc(), code))
          .addListener(ChannelFutureListener.CLOSE);
    }
  }
}
