package io.ovation.testkit;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * One connection of a {@link Crowd}, over all its reconnects. It holds every event to be above the
 * one before and counts them; one in fifty parses all that it receives as JSON. What is public may
 * be called from any thread.
 */
public final class CrowdMember {
  private static final byte[] END_OF_HEAD = "\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

  private final Crowd crowd;
  private final int number;
  private final CrowdLane lane;
  private final MessageScan scan;
  private final @Nullable FrameAudit audit;

  private long position = -1;
  private long received;
  private long sum;
  private long readAt;

  // Written once a frame.
  private volatile long count;
  private volatile long lastOffset = -1;
  private volatile long offsetSum;
  private volatile boolean watching;
  private volatile boolean stopped;
  private volatile @Nullable Channel channel;

  CrowdMember(Crowd crowd, int number, CrowdLane lane, boolean audited) {
    this.crowd = crowd;
    this.number = number;
    this.lane = lane;
    CrowdProtocol protocol = crowd.protocol();
    this.scan = new MessageScan(protocol.sockJs(), protocol.event(), new EventReader());
    this.audit = audited ? new FrameAudit(protocol, lane, new EventReader()) : null;
  }

  public int number() {
    return number;
  }

  /** Whether it watches now. */
  public boolean watching() {
    return watching;
  }

  /** Events received, over all its connections. */
  public long count() {
    return count;
  }

  /** The last offset it knows, from {@code watching}, an event or a gap; -1 before any. */
  public long position() {
    return lastOffset;
  }

  /** The sum of the offsets received: equal for two that received the same. */
  public long offsetSum() {
    return offsetSum;
  }

  /** Reads no more; what is sent to it fills its receive buffer, then the server's. */
  public void stopReading() {
    stopped = true;
    Channel now = channel;
    if (now != null) {
      now.config().setAutoRead(false);
    }
  }

  public void readOn() {
    stopped = false;
    Channel now = channel;
    if (now != null) {
      now.config().setAutoRead(true);
    }
  }

  /** Ends the connection with a reset: no close frame, no FIN. */
  public void drop() {
    Channel now = channel;
    if (now != null) {
      now.config().setOption(ChannelOption.SO_LINGER, 0);
      now.close();
    }
  }

  /** Ends the connection as a client does that has read everything. */
  public void leave() {
    Channel now = channel;
    if (now != null) {
      now.close();
    }
  }

  /** Sends one message of the protocol, if it is connected. */
  public void send(String json) {
    Channel now = channel;
    if (now != null) {
      now.writeAndFlush(ClientFrames.text(now.alloc(), json, crowd.protocol().sockJs()));
    }
  }

  /** Connects again, and asks for what it missed. */
  public void reconnect() {
    crowd.connect(this);
  }

  public void reconnectAfter(long millis) {
    crowd.later(this, this::reconnect, millis);
  }

  /** Runs something on the member's loop. */
  public void later(Runnable task, long millis) {
    crowd.later(this, task, millis);
  }

  CrowdLane lane() {
    return lane;
  }

  /** A fresh connection's handler. */
  ChannelInboundHandlerAdapter handler() {
    return new Connection();
  }

  /** One connection: first the answer to the upgrade, then frames. On its loop. */
  private final class Connection extends ChannelInboundHandlerAdapter implements FrameParser.Sink {
    private final FrameParser frames = new FrameParser(this);
    private boolean upgraded;
    private @Nullable ChannelHandlerContext context;

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
      context = ctx;
      channel = ctx.channel();
      ctx.writeAndFlush(
          ByteBufUtil.writeAscii(ctx.alloc(), ClientFrames.upgrade(crowd.protocol().path(number))));
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object msg) throws IOException {
      ByteBuf bytes = (ByteBuf) msg;
      readAt = System.nanoTime();
      if (!upgraded) {
        int end = ClientFrames.end(bytes, END_OF_HEAD);
        if (end < 0) {
          bytes.release();
          throw new IOException("the upgrade's answer came in parts");
        }
        ClientFrames.check(bytes, end);
        upgraded = true;
        if (!crowd.protocol().sockJs()) {
          hello(ctx);
        }
      }
      frames.take(ctx.alloc(), bytes);
    }

    @Override
    public void frame(int opcode, ByteBuf payload) throws IOException {
      ChannelHandlerContext ctx = context;
      if (ctx == null) {
        return;
      }
      if (opcode == FrameParser.TEXT) {
        text(ctx, payload);
      } else if (opcode == FrameParser.PING) {
        ctx.writeAndFlush(ClientFrames.frame(ctx.alloc(), true, 0xA, payload));
      } else if (opcode == FrameParser.CLOSE) {
        ctx.close();
      }
    }

    private void text(ChannelHandlerContext ctx, ByteBuf payload) {
      int size = payload.readableBytes();
      if (crowd.protocol().sockJs() && size == 1) {
        if (payload.getByte(payload.readerIndex()) == 'o') {
          hello(ctx);
        }
        return;
      }
      lane.bytes.add(size);
      byte[] frame = lane.room(size);
      payload.getBytes(payload.readerIndex(), frame, 0, size);
      long before = received;
      if (audit != null) {
        audit.check(frame, size);
      } else {
        scan.scan(frame, size);
      }
      lane.messages.add(received - before);
      publish();
    }

    private void hello(ChannelHandlerContext ctx) {
      String hello = crowd.protocol().hello(number, position);
      if (hello != null) {
        ctx.writeAndFlush(ClientFrames.text(ctx.alloc(), hello, crowd.protocol().sockJs()));
      }
      if (!crowd.protocol().answers()) {
        entered();
      }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
      frames.release();
      if (channel == ctx.channel()) {
        channel = null;
        boolean was = watching;
        watching = false;
        crowd.left(CrowdMember.this, was);
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      crowd.failed(CrowdMember.this, cause);
      ctx.close();
    }
  }

  private void publish() {
    count = received;
    lastOffset = position;
    offsetSum = sum;
  }

  private void entered() {
    watching = true;
    publish();
    if (stopped) {
      stopReading();
    }
    crowd.entered();
  }

  /** What the scan or the audit finds. */
  private final class EventReader implements MessageScan.Found {
    @Override
    public void event(long offset, long sentNanos) {
      received++;
      if (offset <= position) {
        lane.disordered.increment();
      }
      position = offset;
      sum += offset;
      if (sentNanos > 0) {
        lane.latency(readAt - sentNanos);
      }
    }

    @Override
    public void other(byte[] frame, int from, int to) {
      String json = new String(frame, from, to - from, StandardCharsets.UTF_8);
      NonEventMessages.Message message = NonEventMessages.read(json, crowd.protocol().sockJs());
      switch (message.type()) {
        case "watching" -> {
          position = message.position();
          entered();
        }
        case "gap" -> {
          lane.gaps.increment();
          position = Math.max(position, message.position());
        }
        case "error" -> {
          lane.errors.increment();
          crowd.failed(CrowdMember.this, new IOException(json));
        }
        default -> {}
      }
      crowd.received(CrowdMember.this, message);
    }
  }
}
