package io.ovation.testkit;

import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import io.ovation.config.TraceConfig;
import io.ovation.metrics.Metrics;
import io.ovation.trace.Traces;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

/** Turns the traces of this process on, and keeps their spans. */
public final class MemorySpans implements SpanExporter, AutoCloseable {
  private final List<SpanData> spans = new CopyOnWriteArrayList<>();

  /** Only requests with a {@code traceparent} are traced. */
  public static MemorySpans start() {
    return start(Integer.MAX_VALUE);
  }

  /** Of the other requests, one in {@code oneIn} is traced too. */
  public static MemorySpans start(int oneIn) {
    MemorySpans spans = new MemorySpans();
    Traces.start(settings(oneIn, 1_000), Map.of(), new Metrics(), spans);
    return spans;
  }

  public static TraceConfig settings(int oneIn, int perSecond) {
    return new TraceConfig("", "", oneIn, perSecond, 2_048, "", 1 << 20);
  }

  /** Turns traces off; returns all spans that have ended. */
  public List<SpanData> finish() {
    close();
    return spans;
  }

  @Override
  public CompletableResultCode export(Collection<SpanData> ended) {
    spans.addAll(ended);
    return CompletableResultCode.ofSuccess();
  }

  @Override
  public CompletableResultCode flush() {
    return CompletableResultCode.ofSuccess();
  }

  @Override
  public CompletableResultCode shutdown() {
    return CompletableResultCode.ofSuccess();
  }

  @Override
  public void close() {
    Traces.close();
  }
}
