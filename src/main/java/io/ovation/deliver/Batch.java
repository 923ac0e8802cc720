package io.ovation.deliver;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one pass brings to every viewer of a room. It is encoded at most once per transport and
 * first message: most viewers want all of it, those who joined in between want its end. One loop.
 */
final class Batch {
  private final ByteBufAllocator alloc;
  private final List<Item> items;
  private final @Nullable ByteBuf[] plain;
  private final @Nullable ByteBuf[] sockJs;
  private final @Nullable String[] texts;

  /**
   * @param items at least one, in the order of their offsets
   */
  Batch(ByteBufAllocator alloc, List<Item> items) {
    this.alloc = alloc;
    this.items = items;
    this.plain = new ByteBuf[items.size()];
    this.sockJs = new ByteBuf[items.size()];
    this.texts = new String[items.size()];
  }

  int size() {
    return items.size();
  }

  Item item(int index) {
    return items.get(index);
  }

  long last() {
    return items.get(items.size() - 1).offset();
  }

  /** The index of the first item above {@code position}; there must be one. */
  int after(long position) {
    int index = 0;
    while (items.get(index).offset() <= position) {
      index++;
    }
    return index;
  }

  /** The frame of the items from {@code from} on. It stays the batch's: write a duplicate. */
  ByteBuf frame(int from, boolean overSockJs) {
    @Nullable ByteBuf[] frames = overSockJs ? sockJs : plain;
    ByteBuf frame = frames[from];
    if (frame == null) {
      frame = Frames.messages(alloc, items, from, items.size(), overSockJs);
      frames[from] = frame;
    }
    return frame;
  }

  /** One item as text, for transports that are framed elsewhere. */
  String text(int index) {
    String text = texts[index];
    if (text == null) {
      text = items.get(index).json().toStringUtf8();
      texts[index] = text;
    }
    return text;
  }

  /** Lets go of the frames; what is on its way to sockets keeps its own hold on them. */
  void release() {
    release(plain);
    release(sockJs);
  }

  private static void release(@Nullable ByteBuf[] frames) {
    for (ByteBuf frame : frames) {
      if (frame != null) {
        frame.release();
      }
    }
  }
}
