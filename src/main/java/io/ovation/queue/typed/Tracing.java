package io.ovation.queue.typed;

import io.ovation.queue.typed.consumer.ConsumerInterceptor;
import io.ovation.queue.typed.producer.OutgoingItem;
import io.ovation.queue.typed.producer.ProducerInterceptor;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.internal.ContextInternal;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.MDC;

/**
 * Carries a W3C trace context with the items, on both sides of a queue. A producer takes it from
 * the call's {@code traceparent} header, else from the context it is called on; each hop gets a
 * span id of its own. The handler finds its span in {@link ItemMetadata#headers} and by {@link
 * #current}, and what it logs has {@code trace_id} and {@code span_id} in the MDC until it first
 * waits. A malformed header is dropped; where there is no trace, none is begun.
 *
 * <p>With it a handler runs on a duplicate of the consumer's context, on the same thread.
 */
public final class Tracing implements ProducerInterceptor, ConsumerInterceptor {
  /** The MDC's names; the JSON log has them as fields. */
  public static final String TRACE_ID = "trace_id";

  public static final String SPAN_ID = "span_id";

  /** The trace that the caller's context is part of, or null. */
  public static @Nullable TraceContext current() {
    ContextInternal context = ContextInternal.current();
    return context == null ? null : context.getLocal(TraceContext.class);
  }

  /**
   * Makes {@code trace} that of the current context, from now on: of one request, where Vert.x
   * gives each its own context, as for HTTP.
   *
   * @throws IllegalStateException on a thread without a context, or on a context that requests
   *     share
   */
  public static void set(TraceContext trace) {
    ContextInternal context = ContextInternal.current();
    if (context == null || !context.isDuplicate()) {
      throw new IllegalStateException("a trace belongs to the context of one request");
    }
    context.putLocal(TraceContext.class, trace);
  }

  @Override
  public Future<String> enqueue(OutgoingItem item, ProducerInterceptor.Next next) {
    TraceContext given = TraceContext.of(item.headers());
    TraceContext parent = given == null ? current() : given;
    OutgoingItem bare = item.withoutHeader(TraceContext.PARENT).withoutHeader(TraceContext.STATE);
    if (parent == null) {
      return next.enqueue(bare);
    }
    TraceContext hop = parent.child();
    OutgoingItem traced = bare.withHeader(TraceContext.PARENT, hop.parent());
    return next.enqueue(
        hop.state() == null ? traced : traced.withHeader(TraceContext.STATE, hop.state()));
  }

  @Override
  public Future<Void> handle(Item<?> item, ConsumerInterceptor.Next next) {
    TraceContext parent = TraceContext.of(item.meta().headers());
    Item<?> bare = item.withoutHeader(TraceContext.PARENT).withoutHeader(TraceContext.STATE);
    ContextInternal context = ContextInternal.current();
    if (parent == null || context == null) {
      return next.handle(bare);
    }
    TraceContext hop = parent.child();
    Item<?> traced = bare.withHeader(TraceContext.PARENT, hop.parent());
    Item<?> whole =
        hop.state() == null ? traced : traced.withHeader(TraceContext.STATE, hop.state());
    Promise<Void> outcome = Promise.promise();
    ContextInternal own = context.duplicate();
    own.putLocal(TraceContext.class, hop);
    own.dispatch(() -> logged(hop, () -> call(whole, next).onComplete(outcome)));
    return outcome.future();
  }

  private static Future<Void> call(Item<?> item, ConsumerInterceptor.Next next) {
    try {
      return next.handle(item);
    } catch (RuntimeException e) {
      return Future.failedFuture(e);
    }
  }

  /** Runs {@code action} with an item's trace in the MDC, if it has one. */
  public static void logged(Map<String, String> headers, Runnable action) {
    TraceContext trace = TraceContext.of(headers);
    if (trace == null) {
      action.run();
    } else {
      logged(trace, action);
    }
  }

  private static void logged(TraceContext trace, Runnable action) {
    MDC.put(TRACE_ID, trace.traceId());
    MDC.put(SPAN_ID, trace.spanId());
    try {
      action.run();
    } finally {
      MDC.remove(TRACE_ID);
      MDC.remove(SPAN_ID);
    }
  }
}
