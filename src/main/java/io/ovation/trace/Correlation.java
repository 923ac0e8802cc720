package io.ovation.trace;

import io.ovation.queue.typed.TraceContext;
import io.ovation.queue.typed.Tracing;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.MDC;

/**
 * Names the request or event that log lines are about. {@code correlation_id} is the trace of the
 * caller, whether or not it is sampled, else the id of the message, else that of the request;
 * {@code message_id} and {@code request_id} are there too as far as they are known.
 */
public final class Correlation {
  private static final String REQUEST_ID = "request_id";

  private static final Pattern GIVEN = Pattern.compile("[A-Za-z0-9._:+/=-]{1,128}");

  private static final List<String> NAMES =
      List.of(Tracing.CORRELATION_ID, Tracing.TRACE_ID, Tracing.MESSAGE_ID, REQUEST_ID);

  private Correlation() {}

  /**
   * Runs {@code logging} with those of these that are valid.
   *
   * @param traceparent as the caller sent it; null for none
   * @param id of the message; null for none
   * @param requestId of the request; null for none
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
    put(Tracing.CORRELATION_ID, requestId);
    put(Tracing.CORRELATION_ID, id);
    put(Tracing.MESSAGE_ID, id);
    put(REQUEST_ID, requestId);
    if (trace != null) {
      MDC.put(Tracing.CORRELATION_ID, trace.traceId());
      MDC.put(Tracing.TRACE_ID, trace.traceId());
    }
    try {
      logging.run();
    } finally {
      NAMES.forEach(MDC::remove);
    }
  }

  private static void put(String name, @Nullable String id) {
    if (id != null && valid(id)) {
      MDC.put(name, id);
    }
  }

  /** Whether a log line may have it: it is short, and has no character that means something. */
  public static boolean valid(String id) {
    return GIVEN.matcher(id).matches();
  }
}
