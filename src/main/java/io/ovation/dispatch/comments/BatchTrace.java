package io.ovation.dispatch.comments;

import io.ovation.trace.TraceSpan;
import io.ovation.trace.Traces;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The spans of a batch. What the batch does once (its append, its message to each node) belongs to
 * the trace of its first traced event. Each other traced event has a span in its own trace, linked
 * to that of the first. One dispatcher's context.
 */
public final class BatchTrace {
  /** Of a batch without traced events, which is nearly every one: costs nothing. */
  public static final BatchTrace NONE = new BatchTrace(List.of());

  /** Traced events of one batch; further ones have no span here. */
  private static final int MOST = 16;

  private final List<TraceSpan> spans;
  private @Nullable TraceSpan append;

  private BatchTrace(List<TraceSpan> spans) {
    this.spans = spans;
  }

  /** Begins with the batch. Its traced events continue from their spans here. */
  static BatchTrace begin(List<PendingEvent> events, int partition) {
    if (!Traces.on()) {
      return NONE;
    }
    List<TraceSpan> spans = new ArrayList<>(0);
    for (PendingEvent event : events) {
      TraceSpan span =
          spans.size() == MOST
              ? null
              : Traces.follow("dispatch", TraceSpan.Kind.CONSUMER, event.traceparent());
      if (span != null) {
        if (!spans.isEmpty()) {
          span.link(spans.get(0));
          spans.get(0).link(span);
        }
        span.set("ovation.stream", event.stream());
        span.set("ovation.partition", partition).set("ovation.batch.events", events.size());
        spans.add(span);
        event.traced(span.traceparent());
      }
    }
    return spans.isEmpty() ? NONE : new BatchTrace(spans);
  }

  void appending() {
    append = step("append", TraceSpan.Kind.CLIENT);
  }

  /**
   * @param failure why viewers receive it without the store; null if the store has it
   */
  void appended(@Nullable String failure) {
    TraceSpan ended = append;
    append = null;
    if (ended != null) {
      if (failure != null) {
        ended.fail(failure);
      }
      ended.end();
    }
  }

  /** Begins the batch's way to a node; null if nothing of it is traced. */
  public @Nullable TraceSpan sending(String node) {
    TraceSpan span = step("send", TraceSpan.Kind.PRODUCER);
    return span == null ? null : span.set("ovation.node", node);
  }

  private @Nullable TraceSpan step(String name, TraceSpan.Kind kind) {
    return spans.isEmpty() ? null : spans.get(0).child(name, kind);
  }

  /** The batch is acked. */
  void end() {
    spans.forEach(TraceSpan::end);
  }
}
