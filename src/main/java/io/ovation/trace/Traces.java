package io.ovation.trace;

import io.opentelemetry.sdk.trace.export.SpanExporter;
import io.ovation.config.TraceConfig;
import io.ovation.metrics.Metrics;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The traces of this process. Like loggers they are one per process, so that every part can add its
 * span without being handed something first. A place in a trace is a W3C {@code traceparent}, which
 * travels with queue items and messages between nodes; an empty one is no trace. Any thread.
 *
 * <p>While tracing is off, and for all that is not sampled, the methods return null.
 */
public final class Traces {
  private static volatile @Nullable SpanFactory factory;

  private Traces() {}

  /** Whether spans are recorded at all. Nothing need be prepared for a span if not. */
  public static boolean on() {
    return factory != null;
  }

  /**
   * Begins a trace where a request enters, or continues that of the caller if it says that it is
   * sampled. {@code trace.one_in} and {@code trace.per_second} limit how many begin.
   *
   * @param traceparent the caller's header; null for none. A malformed one counts as none
   */
  public static @Nullable TraceSpan enter(String name, @Nullable String traceparent) {
    SpanFactory active = factory;
    return active == null ? null : active.enter(name, traceparent == null ? "" : traceparent);
  }

  /** Continues a trace that was sampled where it began; null for an empty or malformed one. */
  public static @Nullable TraceSpan follow(String name, TraceSpan.Kind kind, String traceparent) {
    SpanFactory active = factory;
    return active == null || traceparent.isEmpty() ? null : active.follow(name, kind, traceparent);
  }

  /**
   * Turns traces on if the configuration names a collector or a file.
   *
   * @param node describes this process in each span, by OpenTelemetry's names of attributes
   * @throws io.ovation.config.ConfigException if the file can't be written
   */
  public static void start(TraceConfig config, Map<String, String> node, Metrics metrics) {
    if (config.used()) {
      start(config, node, metrics, SpanExporters.of(config));
    }
  }

  /** The same with an exporter of one's own. */
  public static void start(
      TraceConfig config, Map<String, String> node, Metrics metrics, SpanExporter exporter) {
    factory = new SpanFactory(config, node, metrics, exporter);
  }

  /** Turns traces off and exports what is left, for at most two seconds. May block. */
  public static void close() {
    SpanFactory active = factory;
    factory = null;
    if (active != null) {
      active.close();
    }
  }
}
