package io.ovation.deliver.transport;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.ovation.deliver.EventLoopShard;
import io.ovation.deliver.Viewer;
import io.ovation.deliver.fanout.FanOutBatch;
import io.ovation.deliver.fanout.OutboundMessage;
import io.ovation.deliver.protocol.CloseCode;
import io.ovation.deliver.protocol.ServerMessages;
import io.ovation.deliver.protocol.Transport;
import java.util.List;

/**
 * A viewer that gets server-sent events. It never speaks, so that what it takes off the wire stands
 * for what others say: it is stale when no heartbeat could be written for two of them.
 */
final class SseViewer extends Viewer {
  private final EventLoopShard shard;
  private final ChannelHandlerContext wire;

  /**
   * @param wire the last handler of a channel that encodes nothing
   */
  SseViewer(EventLoopShard shard, ChannelHandlerContext wire) {
    super(Transport.SSE, shard.meters());
    this.shard = shard;
    this.wire = wire;
  }

  @Override
  public boolean writable() {
    return wire.channel().isWritable();
  }

  @Override
  public boolean crowded() {
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
  public void write(List<OutboundMessage> items) {
    put(SseFrames.messages(wire.alloc(), items));
  }

  @Override
  public void send(String json) {
    send(json, SseFrames.NO_OFFSET);
  }

  @Override
  public void send(String json, long position) {
    if (!ending()) {
      put(SseFrames.message(wire.alloc(), json, position));
    }
  }

  /** It can't leave by itself and come when it was told to, but does both when it is let go. */
  @Override
  public void reconnect(long afterMs, String reason, CloseCode code) {
    if (!ending()) {
      String json = ServerMessages.reconnect(afterMs, reason);
      put(SseFrames.reconnect(wire.alloc(), afterMs, json));
      end(code);
    }
  }

  /** Begins the response. */
  void open(long retryMs) {
    put(SseFrames.head(wire.alloc(), retryMs));
  }

  @Override
  public void ping() {
    wire.writeAndFlush(SseFrames.PING.duplicate())
        .addListener(
            written -> {
              if (written.isSuccess()) {
                shard.heardFrom(this);
              }
            });
  }

  @Override
  public void end(CloseCode code) {
    if (!ending()) {
      shard.ending(this, code);
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
