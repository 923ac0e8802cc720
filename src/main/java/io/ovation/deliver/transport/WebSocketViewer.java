package io.ovation.deliver.transport;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.ovation.deliver.EventLoopShard;
import io.ovation.deliver.fanout.FanOutBatch;
import io.ovation.deliver.protocol.CloseCode;

/** A viewer on a WebSocket. All sockets share the encoded frames of a batch. */
final class WebSocketViewer extends ChannelViewer {
  /** Whether no handler is between {@code wire} and the socket, as TLS would be. */
  private boolean direct;

  private boolean reading;
  private boolean unflushed;

  WebSocketViewer(EventLoopShard shard, ChannelHandlerContext wire, Transport transport) {
    super(transport, shard, wire);
    this.direct = direct(wire);
  }

  void rewire(ChannelHandlerContext context) {
    wire = context;
    direct = direct(context);
  }

  private static boolean direct(ChannelHandlerContext context) {
    return context.pipeline().firstContext() == context;
  }

  @Override
  public int write(FanOutBatch batch, int from, boolean states) {
    if (!direct) {
      return super.write(batch, from, states);
    }
    // Does what the head of the pipeline does, without touching the objects in between: when a
    // fan-out reaches this connection, they are in no cache.
    ByteBuf frame = batch.frame(transport, from, states);
    int bytes = frame.readableBytes();
    Channel.Unsafe socket = channel.unsafe();
    socket.write(frame.retainedDuplicate(), channel.voidPromise());
    socket.flush();
    return bytes;
  }

  @Override
  public void send(String json) {
    if (!isClosing()) {
      put(WebSocketFrames.message(wire.alloc(), json, transport.unshared()));
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
    if (!isClosing()) {
      put(WebSocketFrames.pong(wire.alloc(), payload));
    }
  }

  /** Sends a close frame; the socket is closed when the client has answered, or after a while. */
  @Override
  public void close(CloseCode code) {
    if (!isClosing()) {
      shard.closing(this, code);
      put(WebSocketFrames.close(wire.alloc(), code, sockJs()));
    }
  }

  /** The client has sent a close frame: answers it unless it is the answer to ours, and closes. */
  void closedByClient(int code, boolean readable) {
    if (!isClosing() && !readable) {
      close(CloseCode.NOT_UTF8);
    } else if (!isClosing() && code >= 0 && !CloseCode.maySend(code)) {
      close(CloseCode.PROTOCOL);
    } else if (!isClosing()) {
      shard.closing(this);
      put(WebSocketFrames.closeEcho(wire.alloc(), code));
    }
    closeSocket();
  }

  /** Once what was written has been sent. */
  void closeSocket() {
    channel.eventLoop().execute(() -> channel.close());
  }

  /** During a read, answers are collected for one flush at its end. */
  void reading(boolean now) {
    reading = now;
    if (!now && unflushed) {
      unflushed = false;
      wire.flush();
    }
  }

  @Override
  void put(ByteBuf frames) {
    if (reading) {
      unflushed = true;
      wire.write(frames, wire.voidPromise());
    } else {
      super.put(frames);
    }
  }

  private boolean sockJs() {
    return transport == Transport.SOCKJS;
  }
}
