package io.ovation.trace;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import org.jspecify.annotations.Nullable;

/**
 * One timed step of a trace that is recorded. It is exported when it ends; one that never ends is
 * lost and costs nothing. Attributes must not be texts, tokens or names of users. Any thread.
 */
public final class TraceSpan {
  private final SpanFactory factory;
  private final Span span;

  /** What a step is to the other steps, as OpenTelemetry names it. */
  public enum Kind {
    SERVER(SpanKind.SERVER),
    CLIENT(SpanKind.CLIENT),
    PRODUCER(SpanKind.PRODUCER),
    CONSUMER(SpanKind.CONSUMER),
    INTERNAL(SpanKind.INTERNAL);

    final SpanKind kind;

    Kind(SpanKind kind) {
      this.kind = kind;
    }
  }

  TraceSpan(SpanFactory factory, Span span) {
    this.factory = factory;
    this.span = span;
  }

  /** This span's place, for what follows from it. */
  public String traceparent() {
    SpanContext at = span.getSpanContext();
    return "00-" + at.getTraceId() + "-" + at.getSpanId() + "-" + at.getTraceFlags().asHex();
  }

  public String traceId() {
    return span.getSpanContext().getTraceId();
  }

  /** Begins a step within this one. */
  public TraceSpan child(String name, Kind kind) {
    return factory.child(name, kind, span.getSpanContext());
  }

  public TraceSpan set(String attribute, String value) {
    span.setAttribute(attribute, value);
    return this;
  }

  public TraceSpan set(String attribute, long value) {
    span.setAttribute(attribute, value);
    return this;
  }

  public void rename(String name) {
    span.updateName(name);
  }

  /** Points at a step of another trace that this one also belongs to. */
  public void link(TraceSpan other) {
    span.addLink(other.span.getSpanContext());
  }

  /** Ends it as failed if there is a cause; only the cause's class is told. */
  public void end(@Nullable Throwable cause) {
    if (cause != null) {
      fail(cause.getClass().getSimpleName());
    }
    end();
  }

  public void fail(String why) {
    span.setStatus(StatusCode.ERROR, why);
    span.setAttribute("error.type", why);
  }

  public void end() {
    span.end();
  }
}
