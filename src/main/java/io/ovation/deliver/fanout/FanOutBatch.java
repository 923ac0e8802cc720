package io.ovation.deliver.fanout;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.ovation.deliver.transport.Transport;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The messages that one fan-out brings to every viewer of a room. They are encoded at most once per
 * transport and first message: most viewers get all of them, those that joined meanwhile get the
 * end. One loop.
 */
public final class FanOutBatch {
  private static final @Nullable ByteBuf[] NONE = {};

  private final ByteBufAllocator alloc;
  private final List<OutboundMessage> items;
  private final int events;
  private final int kinds;
  private final int number;

  /**
   * By transport, then one place per possible frame: from each event on, with states or without.
   */
  private final @Nullable ByteBuf[] @Nullable [] frames = new ByteBuf[Transport.values().length][];

  private final @Nullable String[] texts;

  /**
   * @param items events in the order of their offsets, then states; at least one
   * @param events how many of the items are events; one with an audience is the only one
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

  /** The only viewers that receive its events; null for all. */
  OutboundMessage.@Nullable Audience audience() {
    return events == 0 ? null : items.get(0).audience();
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
  public ByteBuf frame(Transport transport, int from, boolean states) {
    @Nullable ByteBuf[] encoded = frames[transport.ordinal()];
    if (encoded == null) {
      encoded = new ByteBuf[kinds == 0 ? events : 2 * events + 1];
      frames[transport.ordinal()] = encoded;
    }
    int index = states ? events + from : from;
    ByteBuf frame = encoded[index];
    if (frame == null) {
      frame = transport.encode(alloc, items.subList(from, end(states)));
      encoded[index] = frame;
    }
    return frame;
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
    for (@Nullable ByteBuf[] encoded : frames) {
      for (ByteBuf frame : encoded == null ? NONE : encoded) {
        if (frame != null) {
          frame.release();
        }
      }
    }
  }
}
