package io.ovation.trace;

import io.micrometer.core.instrument.Counter;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.ReadWriteSpan;
import io.opentelemetry.sdk.trace.ReadableSpan;
import io.opentelemetry.sdk.trace.SpanProcessor;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import io.ovation.metrics.Metrics;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Spans that have ended and wait for the exporter, which runs on a thread of its own. Beyond its
 * bound further ones are dropped: a collector that is slow or away delays nothing else. Any thread.
 */
final class SpanQueue implements SpanProcessor {
  private static final Logger log = LoggerFactory.getLogger(SpanQueue.class);

  /** Spans of one request to the collector. */
  private static final int BATCH = 512;

  /** How long spans gather. */
  private static final long GATHER_MS = 1_000;

  /** For one export with its retries. */
  private static final long EXPORT_SECONDS = 15;

  private static final long LOG_EVERY_NANOS = TimeUnit.MINUTES.toNanos(1);

  private final SpanExporter exporter;
  private final ArrayBlockingQueue<ReadableSpan> queue;
  private final Counter exported;
  private final Counter dropped;
  private final Counter failed;
  private final CompletableResultCode closed = new CompletableResultCode();
  private final Thread thread;
  private volatile boolean closing;
  private long loggedAt = System.nanoTime() - LOG_EVERY_NANOS;

  SpanQueue(SpanExporter exporter, int limit, Metrics metrics) {
    this.exporter = exporter;
    this.queue = new ArrayBlockingQueue<>(limit);
    exported = counter(metrics, "exported");
    dropped = counter(metrics, "dropped");
    failed = counter(metrics, "failed");
    metrics.gauge(
        "ovation.trace.queue", "Spans that wait to be exported", queue, ArrayBlockingQueue::size);
    thread = new Thread(this::run, "ovation-trace-export");
    thread.setDaemon(true);
    thread.start();
  }

  private static Counter counter(Metrics metrics, String outcome) {
    return metrics.counter(
        "ovation.trace.spans",
        "Spans that were exported, dropped because too many waited, or refused by the collector",
        "outcome",
        outcome);
  }

  @Override
  public void onEnd(ReadableSpan span) {
    if (closing || !queue.offer(span)) {
      dropped.increment();
    }
  }

  private void run() {
    List<SpanData> batch = new ArrayList<>(BATCH);
    while (!(closing && queue.isEmpty())) {
      try {
        gather(batch);
        export(batch);
      } catch (InterruptedException e) {
        // Closing: what is left is exported at once.
      } catch (RuntimeException e) {
        failed(batch.size(), e);
      }
      batch.clear();
    }
    exporter.shutdown().join(1, TimeUnit.SECONDS);
    closed.succeed();
  }

  private void gather(List<SpanData> batch) throws InterruptedException {
    ReadableSpan first = closing ? queue.poll() : queue.take();
    long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(GATHER_MS);
    for (ReadableSpan next = first; next != null; ) {
      batch.add(next.toSpanData());
      if (batch.size() == BATCH) {
        return;
      }
      long left = closing ? 0 : until - System.nanoTime();
      try {
        next = left <= 0 ? queue.poll() : queue.poll(left, TimeUnit.NANOSECONDS);
      } catch (InterruptedException e) {
        next = queue.poll();
      }
    }
  }

  private void export(List<SpanData> batch) {
    if (batch.isEmpty()) {
      return;
    }
    CompletableResultCode done = exporter.export(List.copyOf(batch));
    done.join(EXPORT_SECONDS, TimeUnit.SECONDS);
    if (done.isSuccess()) {
      exported.increment(batch.size());
    } else {
      failed(batch.size(), done.getFailureThrowable());
    }
  }

  private void failed(int spans, @Nullable Throwable cause) {
    failed.increment(spans);
    long now = System.nanoTime();
    if (now - loggedAt >= LOG_EVERY_NANOS) {
      loggedAt = now;
      log.warn(
          "{} spans could not be exported and are lost; further losses are counted in"
              + " ovation_trace_spans_total, and logged once a minute: {}",
          spans,
          cause == null ? "trace.endpoint did not accept them" : cause.toString());
    }
  }

  @Override
  public CompletableResultCode shutdown() {
    closing = true;
    thread.interrupt();
    return closed;
  }

  @Override
  public boolean isEndRequired() {
    return true;
  }

  @Override
  public boolean isStartRequired() {
    return false;
  }

  @Override
  public void onStart(Context parentContext, ReadWriteSpan span) {}
}
