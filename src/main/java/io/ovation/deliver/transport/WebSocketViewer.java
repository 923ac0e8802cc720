package io.ovation.deliver.transport;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.ovation.deliver.EventLoopShard;
import io.ovation.deliver.Viewer;
import io.ovation.deliver.fanout.FanOutBatch;
import io.ovation.deliver.fanout.OutboundMessage;
import io.ovation.deliver.protocol.CloseCode;
import io.ovation.deliver.protocol.Transport;
import java.util.List;

/**
 * A viewer on a WebSocket. Bytes are written from {@code wire}, the context in front of every
 * encoder: frames are complete, and all sockets share the same ones.
 */
final class WebSocketViewer extends Viewer {
  private final EventLoopShard shard;
  private final Channel channel;
  private ChannelHandlerContext wire;

  /** Nothing stands between the wire and the socket, as TLS would. */
  private boolean direct;

  private boolean reading;
  private boolean unflushed;

  WebSocketViewer(EventLoopShard shard, ChannelHandlerContext wire, boolean sockJs) {
    super(sockJs ? Transport.SOCKJS : Transport.WEBSOCKET, shard.meters());
    this.shard = shard;
    this.channel = wire.channel();
    this.wire = wire;
    this.direct = direct(wire);
  }

  EventLoopShard shard() {
    return shard;
  }

  /** The context in front of the encoders has changed. */
  void rewire(ChannelHandlerContext context) {
    wire = context;
    direct = direct(context);
  }

  private static boolean direct(ChannelHandlerContext context) {
    return context.pipeline().firstContext() == context;
  }

  @Override
  public boolean writable() {
    return channel.isWritable();
  }

  @Override
  public boolean crowded() {
    return channel.bytesBeforeUnwritable() < shard.settings().buffer() / 4L * 3;
  }

  @Override
  public int write(FanOutBatch batch, int from, boolean states) {
    ByteBuf frame = batch.frame(from, states, sockJs());
    int bytes = frame.readableBytes();
    if (direct) {
      // What the pipeline's head does, without a look at each of its parts: they are not in any
      // cache when a pass comes to this connection.
      Channel.Unsafe socket = channel.unsafe();
      socket.write(frame.retainedDuplicate(), channel.voidPromise());
      socket.flush();
    } else {
      wire.writeAndFlush(frame.retainedDuplicate(), wire.voidPromise());
    }
    return bytes;
  }

  @Override
  public void write(List<OutboundMessage> items) {
    put(WebSocketFrames.messages(wire.alloc(), items, 0, items.size(), sockJs()));
  }

  @Override
  public void send(String json) {
    if (!ending()) {
      put(WebSocketFrames.message(wire.alloc(), json, sockJs()));
    }
  }

  @Override
  public void ping() {
    put((sockJs() ? WebSocketFrames.SOCKJS_PING : WebSocketFrames.PLAIN_PING).duplicate());
  }

  void open() {
    if (sockJs()) {
      put(WebSocketFrames.SOCKJS_OPEN.duplicate());
    }
  }

  void pong(ByteBuf payload) {
    if (!ending()) {
      put(WebSocketFrames.pong(wire.alloc(), payload));
    }
  }

  /** Says goodbye; the socket is closed when the other side has, or after a while. */
  @Override
  public void end(CloseCode code) {
    if (!ending()) {
      shard.ending(this, code);
      put(WebSocketFrames.close(wire.alloc(), code, sockJs()));
    }
  }

  /** The other side said goodbye: answers in kind unless we spoke first, then closes. */
  void ended(int code) {
    if (!ending()) {
      shard.leaving(this);
      put(WebSocketFrames.closeEcho(wire.alloc(), code));
    }
    channel.eventLoop().execute(() -> channel.close());
  }

  @Override
  public void abort() {
    channel.close();
  }

  /** While a read goes on, answers gather for one flush at its end. */
  void reading(boolean goesOn) {
    reading = goesOn;
    if (!goesOn && unflushed) {
      unflushed = false;
      wire.flush();
    }
  }

  private void put(ByteBuf frames) {
    if (reading) {
      unflushed = true;
      wire.write(frames, wire.voidPromise());
    } else {
      wire.writeAndFlush(frames, wire.voidPromise());
    }
  }

  private boolean sockJs() {
    return transport == Transport.SOCKJS;
  }
}
