package io.ovation.deliver.transport;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.epoll.EpollSocketChannel;
import io.ovation.deliver.EventLoopShard;
import io.ovation.deliver.Viewer;
import io.ovation.deliver.fanout.FanOutBatch;
import io.ovation.deliver.fanout.OutboundMessage;
import io.ovation.deliver.protocol.CloseCode;
import io.ovation.deliver.protocol.ServerMessages;
import java.util.List;

/**
 * A viewer of server-sent events. Since it can't send anything, a heartbeat that could be written
 * counts as a sign of life: the viewer is stale if none could be for two heartbeats.
 */
final class SseViewer extends Viewer {
  private final EventLoopShard shard;
  private final ChannelHandlerContext wire;

  /**
   * @param wire the last handler of a channel that encodes nothing
   */
  SseViewer(EventLoopShard shard, ChannelHandlerContext wire) {
    super(Transport.SSE, shard.metrics());
    this.shard = shard;
    this.wire = wire;
  }

  /** Begins the response. */
  void open(long retryMs) {
    Channel channel = wire.channel();
    channel.config().setWriteBufferWaterMark(shard.waterMark());
    if (channel instanceof EpollSocketChannel epoll) {
      // Without it the kernel resends for a quarter of an hour to a client that is gone.
      epoll.config().setTcpUserTimeout(Math.toIntExact(2 * shard.settings().heartbeatMs()));
    }
    put(SseFrames.head(wire.alloc(), retryMs));
  }

  @Override
  public boolean writable() {
    return wire.channel().isWritable();
  }

  @Override
  public boolean nearHighWaterMark() {
    return wire.channel().bytesBeforeUnwritable() < shard.settings().buffer() / 4L * 3;
  }

  @Override
  public int write(FanOutBatch batch, int from, boolean states) {
    ByteBuf events = batch.serverSent(from, states);
    int bytes = events.readableBytes();
    put(events.retainedDuplicate());
    return bytes;
  }

  @Override
  public void write(List<OutboundMessage> messages) {
    put(SseFrames.messages(wire.alloc(), messages));
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

  @Override
  public void abort() {
    wire.channel().close();
  }

  private void put(ByteBuf bytes) {
    wire.writeAndFlush(bytes, wire.voidPromise());
  }
}
