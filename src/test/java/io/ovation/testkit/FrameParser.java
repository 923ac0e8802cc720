package io.ovation.testkit;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Cuts what a server sends (RFC 6455, unmasked) into frames. One connection, one loop. */
final class FrameParser {
  static final int TEXT = 0x1;
  static final int CLOSE = 0x8;
  static final int PING = 0x9;

  /** No server under test sends longer frames: the parser is out of step. */
  private static final int LONGEST = 16 * 1024 * 1024;

  /** Takes whole messages and control frames; the bytes are only its until it returns. */
  interface Sink {
    void frame(int opcode, ByteBuf payload) throws IOException;
  }

  private final Sink sink;
  private @Nullable ByteBuf rest;
  private @Nullable ByteBuf fragments;

  FrameParser(Sink sink) {
    this.sink = sink;
  }

  /** Takes over {@code bytes}. */
  void take(ByteBufAllocator alloc, ByteBuf bytes) throws IOException {
    ByteBuf all = bytes;
    if (rest != null) {
      all = rest.writeBytes(bytes);
      bytes.release();
      rest = null;
    }
    try {
      while (frame(all)) {}
      if (all.isReadable()) {
        rest = alloc.buffer(all.readableBytes() + 1024).writeBytes(all);
      }
    } finally {
      all.release();
    }
  }

  void release() {
    if (rest != null) {
      rest.release();
      rest = null;
    }
    if (fragments != null) {
      fragments.release();
      fragments = null;
    }
  }

  /** False when the next frame has not come whole. */
  private boolean frame(ByteBuf in) throws IOException {
    int start = in.readerIndex();
    int readable = in.readableBytes();
    if (readable < 2) {
      return false;
    }
    int first = in.getByte(start);
    if (in.getByte(start + 1) < 0) {
      throw new IOException("a server must not mask");
    }
    int length = in.getByte(start + 1) & 0x7F;
    int header = length < 126 ? 2 : length == 126 ? 4 : 10;
    if (readable < header) {
      return false;
    }
    long payload =
        length < 126
            ? length
            : length == 126 ? in.getUnsignedShort(start + 2) : in.getLong(start + 2);
    if (payload > LONGEST || payload < 0) {
      throw new IOException("a frame of " + payload + " bytes");
    }
    if (readable < header + payload) {
      return false;
    }
    in.skipBytes(header);
    part((first & 0x80) != 0, first & 0x0F, in.readSlice((int) payload));
    return true;
  }

  private void part(boolean last, int opcode, ByteBuf payload) throws IOException {
    if (opcode >= CLOSE || (last && fragments == null)) {
      sink.frame(opcode, payload);
      return;
    }
    if (fragments == null) {
      fragments = payload.alloc().buffer(payload.readableBytes() * 2);
    }
    fragments.writeBytes(payload);
    if (last) {
      sink.frame(TEXT, fragments);
      fragments.release();
      fragments = null;
    }
  }
}
