package io.ovation.deliver.transport;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.ReferenceCountUtil;
import io.ovation.deliver.EventLoopShard;
import io.ovation.deliver.Viewer;
import io.ovation.deliver.fanout.FanOutBatch;
import io.ovation.deliver.fanout.OutboundMessage;
import io.ovation.deliver.fanout.StreamRoom;
import io.ovation.deliver.protocol.CloseCode;
import io.ovation.vertx.NettyPipelines;
import java.io.IOException;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A viewer with a Netty channel of its own, which was taken from Vert.x. */
abstract class ChannelViewer extends Viewer {
  private static final Logger log = LoggerFactory.getLogger(ChannelViewer.class);

  final EventLoopShard shard;
  final Channel channel;

  /** The context from which bytes are written: nothing between it and the wire encodes. */
  ChannelHandlerContext wire;

  ChannelViewer(Transport transport, EventLoopShard shard, ChannelHandlerContext wire) {
    super(transport, shard.metrics);
    this.shard = shard;
    this.channel = wire.channel();
    this.wire = wire;
    channel.config().setWriteBufferWaterMark(shard.waterMark);
  }

  @Override
  public final boolean writable() {
    return channel.isWritable()
        && (!shard.memoryShort()
            || fitsShortMemory(channel.bytesBeforeUnwritable(), shard.settings.buffer()));
  }

  /** While direct memory is short, what waits for one viewer is at most a sixteenth of usual. */
  static boolean fitsShortMemory(long bytesBeforeFull, int buffer) {
    return bytesBeforeFull > buffer / 16L * 15;
  }

  @Override
  public final boolean nearHighWaterMark() {
    return channel.bytesBeforeUnwritable() < shard.settings.buffer() / 4L * 3;
  }

  @Override
  public final void abort() {
    channel.close();
  }

  @Override
  public int write(FanOutBatch batch, int from, boolean states) {
    ByteBuf frame = batch.frame(transport, from, states);
    int bytes = frame.readableBytes();
    put(frame.retainedDuplicate());
    return bytes;
  }

  @Override
  public final void write(List<OutboundMessage> messages) {
    StreamRoom in = room;
    put(
        in == null
            ? transport.unshared().encode(wire.alloc(), messages)
            : shard.replayFrames.frame(in.stream, transport.unshared(), messages));
  }

  void put(ByteBuf bytes) {
    wire.writeAndFlush(bytes, wire.voidPromise());
  }

  /** The channel's last handler. */
  abstract static class Handler<V extends ChannelViewer> extends ChannelInboundHandlerAdapter {
    final V viewer;

    Handler(V viewer) {
      this.viewer = viewer;
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
      viewer.writabilityChanged(viewer.shard.now());
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
      viewer.shard.disconnected(viewer);
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
      if (NettyPipelines.isServerShutdown(event)) {
        viewer.close(CloseCode.GOING_AWAY);
      } else if (NettyPipelines.isClientGone(event)) {
        ctx.close();
      }
      ReferenceCountUtil.release(event);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      if (cause instanceof IOException) {
        ctx.close(); // the connection is gone
      } else {
        log.warn("a viewer's connection failed and is closed; the others go on", cause);
        viewer.close(CloseCode.FAILED);
      }
    }
  }
}
