package io.ovation.deliver.transport;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.ReferenceCountUtil;
import io.ovation.deliver.protocol.CloseCode;
import java.util.Arrays;

/**
 * Reads and discards what a WebSocket still sends after bytes that could not be decoded, until it
 * answers our close frame: then it closes the socket. A socket that is closed with unread bytes is
 * reset, and a reset may destroy the last frames before the other side has read them.
 *
 * <p>Where frames begin is not known any more. The answer is the last that a client sends, so it is
 * recognized at the end of what has come: a masked close frame that ends there.
 */
final class CloseFrameAwaiter extends ChannelInboundHandlerAdapter {
  private static final int HEADER = 6;
  private static final int MAX_PAYLOAD = 125;
  private static final int CLOSE = 0x88;
  private static final int MASKED = 0x80;

  /** The last bytes that came, as many as the longest close frame has. */
  private byte[] tail = new byte[0];

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object msg) {
    try {
      if (msg instanceof ByteBuf bytes) {
        keep(bytes);
        if (endsWithClose(tail)) {
          ctx.close();
        }
      }
    } finally {
      ReferenceCountUtil.release(msg);
    }
  }

  private void keep(ByteBuf bytes) {
    int most = HEADER + MAX_PAYLOAD;
    int added = Math.min(most, bytes.readableBytes());
    int kept = Math.min(tail.length, most - added);
    byte[] joined = new byte[kept + added];
    System.arraycopy(tail, tail.length - kept, joined, 0, kept);
    bytes.getBytes(bytes.writerIndex() - added, joined, kept, added);
    tail = joined;
  }

  static boolean endsWithClose(byte[] bytes) {
    for (int start = 0; start + HEADER <= bytes.length; start++) {
      if ((bytes[start] & 0xFF) == CLOSE
          && isClose(Arrays.copyOfRange(bytes, start, bytes.length))) {
        return true;
      }
    }
    return false;
  }

  /** Whether the bytes, from a close frame's first on, are one such frame. */
  private static boolean isClose(byte[] frame) {
    int length = frame.length - HEADER;
    if ((frame[1] & 0xFF) != (MASKED | length) || length > MAX_PAYLOAD) {
      return false;
    }
    if (length < 2) {
      return length == 0;
    }
    int high = (frame[6] ^ frame[2]) & 0xFF;
    int low = (frame[7] ^ frame[3]) & 0xFF;
    return CloseCode.maySend(high << 8 | low);
  }
}
