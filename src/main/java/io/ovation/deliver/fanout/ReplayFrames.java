package io.ovation.deliver.fanout;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.ovation.deliver.DeliveryMetrics;
import io.ovation.deliver.transport.Transport;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The encoded pages of replays. Viewers that lost the same node missed the same events, so that one
 * page serves thousands of them; it is kept until {@link #clear}. Bounded: beyond {@value #BYTES}
 * bytes a page is encoded for each viewer. One loop.
 */
public final class ReplayFrames {
  private static final int BYTES = 8 * 1024 * 1024;

  private final DeliveryMetrics metrics;
  private final ByteBufAllocator alloc;
  private final Map<Page, ByteBuf> frames = new HashMap<>();
  private long bytes;

  /**
   * What makes two pages the same: a stream has one event at an offset, and one that was deleted
   * changes count and size.
   */
  private record Page(
      String stream, Transport transport, long from, long to, int count, int size) {}

  public ReplayFrames(ByteBufAllocator alloc, DeliveryMetrics metrics) {
    this.alloc = alloc;
    this.metrics = metrics;
  }

  /**
   * The messages as bytes for the wire, which the caller releases.
   *
   * @param messages at least one
   */
  public ByteBuf frame(String stream, Transport transport, List<OutboundMessage> messages) {
    Page page =
        new Page(
            stream,
            transport,
            messages.get(0).from(),
            messages.get(messages.size() - 1).offset(),
            messages.size(),
            messages.stream().mapToInt(OutboundMessage::size).sum());
    ByteBuf frame = frames.get(page);
    if (frame == null) {
      metrics.replayPages.increment();
      frame = transport.encode(alloc, messages);
      if (bytes + frame.capacity() > BYTES) {
        return frame;
      }
      bytes += frame.capacity();
      frames.put(page, frame);
    }
    return frame.retainedDuplicate();
  }

  /** Forgets all pages; sockets that still have to send them hold their own references. */
  public void clear() {
    frames.values().forEach(ByteBuf::release);
    frames.clear();
    bytes = 0;
  }
}
