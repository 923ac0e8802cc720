package io.ovation.queue.typed;

import io.ovation.queue.typed.consumer.ConsumerInterceptor;
import io.ovation.queue.typed.producer.ProducerInterceptor;
import io.ovation.vertx.Contexts;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.MDC;

/**
 * Carries a W3C trace context with the items, on both sides of a queue. A producer takes it from
 * the call's {@code traceparent} header, else from the context it is called on; each hop gets a
 * span id of its own. The handler finds its span in {@link ItemMetadata#headers} and by {@link
 * #current}. What the handler logs before it first waits has {@code trace_id} and {@code span_id}
 * in the MDC. A malformed header is dropped; where there is no trace, none is started.
 *
 * <p>With it a handler runs on a duplicate of the consumer's context, on the same thread.
 */
public final class Tracing implements ProducerInterceptor, ConsumerInterceptor {
  /** The MDC's names; the JSON log has them as fields. */
  public static final String TRACE_ID = "trace_id";

  public static final String SPAN_ID = "span_id";

  /** The trace's id, or that of the item if it has no trace. */
  public static final String CORRELATION_ID = "correlation_id";

  /** The item's id. */
  public static final String MESSAGE_ID = "message_id";

  /** The trace of the caller's context, or null. */
  public static @Nullable TraceContext current() {
    return Contexts.local(TraceContext.class);
  }

  /**
   * Sets the trace of the current context. The context must be one request's own, as Vert.x makes
   * for HTTP requests.
   *
   * @throws IllegalStateException on a thread without a context, or on a context that requests
   *     share
   */
  public static void set(TraceContext trace) {
    Contexts.setLocal(TraceContext.class, trace);
  }

  @Override
  public Future<String> enqueue(Item<?> item, ProducerInterceptor.Next next) {
    TraceContext given = TraceContext.of(item.meta().headers());
    TraceContext parent = given == null ? current() : given;
    return next.enqueue(traced(item, parent == null ? null : parent.child()));
  }

  @Override
  public Future<Void> handle(Item<?> item, ConsumerInterceptor.Next next) {
    TraceContext parent = TraceContext.of(item.meta().headers());
    Context context = Vertx.currentContext();
    if (parent == null || context == null) {
      return next.handle(traced(item, null));
    }
    TraceContext span = parent.child();
    Promise<Void> outcome = Promise.promise();
    Context own = Contexts.duplicate(context);
    Contexts.dispatch(
        own,
        () -> {
          Contexts.setLocal(TraceContext.class, span);
          Item<?> traced = traced(item, span);
          logged(traced.meta(), () -> next.handle(traced).onComplete(outcome));
        });
    return outcome.future();
  }

  private static Item<?> traced(Item<?> item, @Nullable TraceContext span) {
    Map<String, String> headers = new HashMap<>(item.meta().headers());
    headers.remove(TraceContext.PARENT);
    headers.remove(TraceContext.STATE);
    if (span != null) {
      headers.put(TraceContext.PARENT, span.parent());
      if (span.state() != null) {
        headers.put(TraceContext.STATE, span.state());
      }
    }
    return item.withHeaders(headers);
  }

  /** Runs {@code action} with an item's id, and its trace if it has one, in the MDC. */
  public static void logged(ItemMetadata meta, Runnable action) {
    TraceContext trace = TraceContext.of(meta.headers());
    MDC.put(CORRELATION_ID, trace == null ? meta.id() : trace.traceId());
    MDC.put(MESSAGE_ID, meta.id());
    if (trace != null) {
      MDC.put(TRACE_ID, trace.traceId());
      MDC.put(SPAN_ID, trace.spanId());
    }
    try {
      action.run();
    } finally {
      MDC.remove(CORRELATION_ID);
      MDC.remove(MESSAGE_ID);
      MDC.remove(TRACE_ID);
      MDC.remove(SPAN_ID);
    }
  }
}
