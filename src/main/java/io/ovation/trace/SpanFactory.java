package io.ovation.trace;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.SpanLimits;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import io.ovation.config.TraceConfig;
import io.ovation.metrics.Metrics;
import io.ovation.queue.typed.TraceContext;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Begins spans while tracing is on. Any thread. */
final class SpanFactory {
  private static final long CLOSE_SECONDS = 2;

  /** Links of a batch to the traces of its events, and the few attributes that are set. */
  private static final int MOST = 32;

  private final TraceSampler sampler;
  private final SdkTracerProvider provider;
  private final Tracer tracer;

  SpanFactory(
      TraceConfig config, Map<String, String> node, Metrics metrics, SpanExporter exporter) {
    sampler = new TraceSampler(config.oneIn(), config.perSecond(), System::nanoTime);
    var about = Resource.getDefault().toBuilder();
    node.forEach((name, value) -> about.put(AttributeKey.stringKey(name), value));
    provider =
        SdkTracerProvider.builder()
            .setResource(about.build())
            // What is not to be recorded never becomes a span.
            .setSampler(Sampler.alwaysOn())
            .setSpanLimits(
                SpanLimits.builder()
                    .setMaxNumberOfAttributes(MOST)
                    .setMaxNumberOfLinks(MOST)
                    .setMaxAttributeValueLength(256)
                    .build())
            .addSpanProcessor(new SpanQueue(exporter, config.queue(), metrics))
            .build();
    tracer = provider.get("io.ovation");
  }

  @Nullable TraceSpan enter(String name, String traceparent) {
    TraceContext caller = parse(traceparent);
    if (!sampler.samples(caller)) {
      return null;
    }
    return begin(name, TraceSpan.Kind.SERVER, caller == null ? null : context(caller));
  }

  @Nullable TraceSpan follow(String name, TraceSpan.Kind kind, String traceparent) {
    TraceContext before = parse(traceparent);
    return before == null || !TraceSampler.sampled(before)
        ? null
        : begin(name, kind, context(before));
  }

  TraceSpan child(String name, TraceSpan.Kind kind, SpanContext parent) {
    return begin(name, kind, parent);
  }

  private TraceSpan begin(String name, TraceSpan.Kind kind, @Nullable SpanContext parent) {
    Context within = Context.root();
    if (parent != null) {
      within = within.with(Span.wrap(parent));
    }
    return new TraceSpan(
        this, tracer.spanBuilder(name).setSpanKind(kind.kind).setParent(within).startSpan());
  }

  private static @Nullable TraceContext parse(String traceparent) {
    return TraceContext.of(Map.of(TraceContext.PARENT, traceparent));
  }

  private static SpanContext context(TraceContext at) {
    return SpanContext.createFromRemoteParent(
        at.traceId(), at.spanId(), TraceFlags.getSampled(), TraceState.getDefault());
  }

  void close() {
    provider.shutdown().join(CLOSE_SECONDS, TimeUnit.SECONDS);
  }
}
