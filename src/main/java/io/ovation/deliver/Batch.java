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
  private final int events;
  private final int kinds;
  private final int number;
  private final @Nullable ByteBuf[] plain;
  private final @Nullable ByteBuf[] sockJs;
  private final @Nullable ByteBuf[] sse;
  private final @Nullable String[] texts;

  /**
   * @param items events in the order of their offsets, then states; at least one
   * @param events how many of them are events
   * @param kinds of the states, a bit each
   * @param number counts the room's batches
   */
  Batch(ByteBufAllocator alloc, List<Item> items, int events, int kinds, int number) {
    this.alloc = alloc;
    this.items = items;
    this.events = events;
    this.kinds = kinds;
    this.number = number;
    // Which frames there may be: from each item on, with the states or without.
    this.plain = new ByteBuf[kinds == 0 ? events : 2 * events + 1];
    this.sockJs = new ByteBuf[plain.length];
    this.sse = new ByteBuf[plain.length];
    this.texts = new String[items.size()];
  }

  /** Events; the states come behind them. */
  int events() {
    return events;
  }

  Item item(int index) {
    return items.get(index);
  }

  /** The bits of the states' kinds. */
  int kinds() {
    return kinds;
  }

  int number() {
    return number;
  }

  /** The last event's offset; 0 without events. */
  long last() {
    return events == 0 ? 0 : items.get(events - 1).offset();
  }

  /** The index of the first event above {@code position}; {@link #events} if there is none. */
  int after(long position) {
    int index = 0;
    while (index < events && items.get(index).offset() <= position) {
      index++;
    }
    return index;
  }

  /** Where the items end that a viewer gets. */
  int end(boolean states) {
    return states ? items.size() : events;
  }

  /**
   * The frame of the events from {@code from} on, and of the states if asked for. It stays the
   * batch's: write a duplicate.
   */
  ByteBuf frame(int from, boolean states, boolean overSockJs) {
    @Nullable ByteBuf[] frames = overSockJs ? sockJs : plain;
    int index = states ? events + from : from;
    ByteBuf frame = frames[index];
    if (frame == null) {
      frame = Frames.messages(alloc, items, from, end(states), overSockJs);
      frames[index] = frame;
    }
    return frame;
  }

  /** The same as server-sent events. */
  ByteBuf serverSent(int from, boolean states) {
    int index = states ? events + from : from;
    ByteBuf bytes = sse[index];
    if (bytes == null) {
      bytes = ServerSentEvents.messages(alloc, items.subList(from, end(states)));
      sse[index] = bytes;
    }
    return bytes;
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
    release(sse);
  }

  private static void release(@Nullable ByteBuf[] frames) {
    for (ByteBuf frame : frames) {
      if (frame != null) {
        frame.release();
      }
    }
  }
}
