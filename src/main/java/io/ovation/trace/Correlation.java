package io.ovation.trace;

import io.ovation.queue.typed.TraceContext;
import io.ovation.queue.typed.Tracing;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.MDC;

/**
 * Names the request or event that log lines are about: by the trace of the caller, whether or not
 * it is sampled, else by the id of the message, else by the caller's {@code X-Request-Id}. It is
 * {@code correlation_id} in the log.
 */
public final class Correlation {
  private static final Pattern GIVEN = Pattern.compile("[A-Za-z0-9._:+/=-]{1,128}");

  private Correlation() {}

  /**
   * Runs {@code logging} with the first of these that is valid.
   *
   * @param traceparent as the caller sent it; null for none
   * @param id of the message; null for none
   * @param requestId as the caller sent it; null for none
   */
  public static void run(
      @Nullable String traceparent,
      @Nullable String id,
      @Nullable String requestId,
      Runnable logging) {
    TraceContext trace =
        traceparent == null || traceparent.isEmpty()
            ? null
            : TraceContext.of(Map.of(TraceContext.PARENT, traceparent));
    String other = valid(id) ? id : valid(requestId) ? requestId : null;
    String first = trace == null ? other : trace.traceId();
    if (first != null) {
      MDC.put(Tracing.CORRELATION_ID, first);
    }
    if (trace != null) {
      MDC.put(Tracing.TRACE_ID, trace.traceId());
    }
    try {
      logging.run();
    } finally {
      MDC.remove(Tracing.CORRELATION_ID);
      MDC.remove(Tracing.TRACE_ID);
    }
  }

  private static boolean valid(@Nullable String id) {
    return id != null && GIVEN.matcher(id).matches();
  }
}
