package io.ovation.region;

import io.ovation.live.proto.ForwardedEvent;
import io.ovation.live.proto.OutboxItem;
import io.ovation.trace.TraceSpan;
import io.ovation.trace.Traces;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The spans of a group's traced events on their way to another region, in one attempt. */
final class ForwardTrace {
  /** Traced events of one group; further ones have no span here. */
  private static final int MOST = 16;

  private final List<TraceSpan> spans = new ArrayList<>(0);
  private final String region;

  /**
   * @param region where the group goes
   */
  ForwardTrace(String region) {
    this.region = region;
  }

  /** The item as it is sent: its traced events continue from their spans here. */
  OutboxItem begin(OutboxItem item) {
    if (!Traces.on()) {
      return item;
    }
    OutboxItem.Builder traced = null;
    for (int i = 0; i < item.getEventsCount() && spans.size() < MOST; i++) {
      ForwardedEvent event = item.getEvents(i);
      TraceSpan span = Traces.follow("forward", TraceSpan.Kind.PRODUCER, event.getTraceparent());
      if (span != null) {
        spans.add(span.set("ovation.region", region).set("ovation.stream", event.getStream()));
        traced = traced == null ? item.toBuilder() : traced;
        traced.setEvents(i, event.toBuilder().setTraceparent(span.traceparent()));
      }
    }
    return traced == null ? item : traced.build();
  }

  /**
   * @param failure why the region has not confirmed the group; null if it has
   */
  void end(@Nullable Throwable failure) {
    spans.forEach(span -> span.end(failure));
  }
}
