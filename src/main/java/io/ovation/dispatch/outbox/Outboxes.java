package io.ovation.dispatch.outbox;

import io.ovation.dispatch.DispatchContext;
import io.ovation.dispatch.PartitionFailureHandler;
import io.ovation.live.proto.ForwardedEvent;
import io.ovation.live.proto.StreamTotals;
import io.ovation.queue.QueueName;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The outboxes of one partition, one per other region. An event that an earlier owner, or this one,
 * has put there is not put there again as far as this owner knows; the other region recognizes the
 * rest. All on the dispatcher's context.
 */
public final class Outboxes {
  private static final int STREAMS = 50_000;

  private final OutboxWriter writer;
  private final boolean used;

  /** The last offset of each stream that this owner has put. */
  private final Map<String, Long> last =
      new LinkedHashMap<>(64, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Long> eldest) {
          return size() > STREAMS;
        }
      };

  public Outboxes(
      DispatchContext context, int partition, long epoch, PartitionFailureHandler guard) {
    List<QueueName> outboxes =
        context.regions().others().stream()
            .map(region -> QueueName.outbox(region, partition))
            .toList();
    used = !outboxes.isEmpty();
    writer = new OutboxWriter(context, outboxes, epoch, guard);
  }

  /** Whether there are other regions. Without, nothing may be put. */
  public boolean used() {
    return used;
  }

  /** Whether the event is to be put. A stream's offsets rise, so a lower one was put before. */
  public boolean wants(String stream, long offset) {
    if (offset <= last.getOrDefault(stream, 0L)) {
      return false;
    }
    last.put(stream, offset);
    return true;
  }

  /**
   * @param done called when each outbox has the events and all before them
   */
  public void put(List<ForwardedEvent> events, Runnable done) {
    writer.put(events, List.of(), done);
  }

  /** Puts this region's own totals of reactions of some streams. */
  public void putTotals(List<StreamTotals> totals, Runnable done) {
    writer.put(List.of(), totals, done);
  }

  public void close() {
    writer.close();
  }
}
