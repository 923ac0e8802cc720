package io.ovation.deliver.fanout;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.ovation.deliver.transport.SseFrames;
import io.ovation.deliver.transport.WebSocketFrames;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The messages that one fan-out brings to every viewer of a room. They are encoded at most once per
 * transport and first message: most viewers get all of them, those that joined meanwhile get the
 * end. One loop.
 */
public final class FanOutBatch {
  private final ByteBufAllocator alloc;
  private final List<OutboundMessage> items;
  private final int events;
  private final int kinds;
  private final int number;
  private final @Nullable ByteBuf[] plain;
  private final @Nullable ByteBuf[] sockJs;
  private final @Nullable ByteBuf[] sse;
  private final @Nullable String[] texts;

  /**
   * @param items events in the order of their offsets, then states; at least one
   * @param events how many of the items are events
   * @param kinds the kinds of the states, one bit each
   * @param number counts the room's batches
   */
  public FanOutBatch(
      ByteBufAllocator alloc, List<OutboundMessage> items, int events, int kinds, int number) {
    this.alloc = alloc;
    this.items = items;
    this.events = events;
    this.kinds = kinds;
    this.number = number;
    // One place per possible frame: from each event on, with the states or without.
    this.plain = new ByteBuf[kinds == 0 ? events : 2 * events + 1];
    this.sockJs = new ByteBuf[plain.length];
    this.sse = new ByteBuf[plain.length];
    this.texts = new String[items.size()];
  }

  /** The number of events; states follow them. */
  int events() {
    return events;
  }

  public OutboundMessage item(int index) {
    return items.get(index);
  }

  /** The kinds of the states, one bit each. */
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
  public int after(long position) {
    int index = 0;
    while (index < events && items.get(index).offset() <= position) {
      index++;
    }
    return index;
  }

  /** The index behind the last item that a viewer gets. */
  public int end(boolean states) {
    return states ? items.size() : events;
  }

  /**
   * The frame of the events from index {@code from} on, and of the states if {@code states}. The
   * batch owns it: write a duplicate.
   */
  public ByteBuf frame(int from, boolean states, boolean overSockJs) {
    @Nullable ByteBuf[] frames = overSockJs ? sockJs : plain;
    int index = states ? events + from : from;
    ByteBuf frame = frames[index];
    if (frame == null) {
      frame = WebSocketFrames.messages(alloc, items, from, end(states), overSockJs);
      frames[index] = frame;
    }
    return frame;
  }

  /** The same as server-sent events. */
  public ByteBuf serverSent(int from, boolean states) {
    int index = states ? events + from : from;
    ByteBuf bytes = sse[index];
    if (bytes == null) {
      bytes = SseFrames.messages(alloc, items.subList(from, end(states)));
      sse[index] = bytes;
    }
    return bytes;
  }

  /** One item as text, for a transport that vertx-web frames. */
  public String text(int index) {
    String text = texts[index];
    if (text == null) {
      text = items.get(index).json().toStringUtf8();
      texts[index] = text;
    }
    return text;
  }

  /** Releases the frames; sockets that still have to send them hold their own references. */
  public void release() {
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
