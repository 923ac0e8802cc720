package io.ovation.deliver;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import java.util.List;

/**
 * A viewer that gets server-sent events. It never speaks, so that what it takes off the wire stands
 * for what others say: it is stale when no heartbeat could be written for two of them.
 */
final class EventStreamViewer extends Viewer {
  private final EventLoopShard shard;
  private final ChannelHandlerContext wire;

  /**
   * @param wire the last handler of a channel that encodes nothing
   */
  EventStreamViewer(EventLoopShard shard, ChannelHandlerContext wire) {
    super(Transport.SSE, shard.meters());
    this.shard = shard;
    this.wire = wire;
  }

  @Override
  boolean writable() {
    return wire.channel().isWritable();
  }

  @Override
  boolean crowded() {
    return wire.channel().bytesBeforeUnwritable() < shard.settings().buffer() / 4L * 3;
  }

  @Override
  int write(Batch batch, int from, boolean states) {
    ByteBuf events = batch.serverSent(from, states);
    int bytes = events.readableBytes();
    put(events.retainedDuplicate());
    return bytes;
  }

  @Override
  void write(List<Item> items) {
    put(ServerSentEvents.messages(wire.alloc(), items));
  }

  @Override
  void send(String json) {
    send(json, ServerSentEvents.NO_OFFSET);
  }

  @Override
  void send(String json, long position) {
    if (!ending()) {
      put(ServerSentEvents.message(wire.alloc(), json, position));
    }
  }

  /** It can't leave by itself and come when it was told to, but does both when it is let go. */
  @Override
  void reconnect(long afterMs, String reason, CloseCode code) {
    if (!ending()) {
      String json = ServerMessages.reconnect(afterMs, reason);
      put(ServerSentEvents.reconnect(wire.alloc(), afterMs, json));
      end(code);
    }
  }

  /** Begins the response. */
  void open(long retryMs) {
    put(ServerSentEvents.head(wire.alloc(), retryMs));
  }

  @Override
  void ping() {
    wire.writeAndFlush(ServerSentEvents.PING.duplicate())
        .addListener(
            written -> {
              if (written.isSuccess()) {
                shard.heardFrom(this);
              }
            });
  }

  @Override
  void end(CloseCode code) {
    if (!ending()) {
      shard.ending(this, code);
      wire.writeAndFlush(ServerSentEvents.close(wire.alloc(), code))
          .addListener(ChannelFutureListener.CLOSE);
    }
  }

  @Override
  void abort() {
    wire.channel().close();
  }

  private void put(ByteBuf bytes) {
    wire.writeAndFlush(bytes, wire.voidPromise());
  }
}
