package io.ovation.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import io.ovation.config.ConfigException;
import io.ovation.config.TraceConfig;
import io.ovation.metrics.Metrics;
import io.ovation.testkit.Await;
import io.ovation.testkit.MemorySpans;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What is sampled, what leaves the process, and what happens when the collector does not answer.
 */
class TracesTest {
  private static final Duration LIMIT = Duration.ofSeconds(20);
  private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
  private static final String SAMPLED = "00-" + TRACE + "-00f067aa0ba902b7-01";
  private static final String UNSAMPLED = "00-" + TRACE + "-00f067aa0ba902b7-00";

  private final Metrics metrics = new Metrics();
  @TempDir Path dir;

  @AfterEach
  void off() {
    Traces.close();
  }

  private static TraceSpan entered(@Nullable String traceparent) {
    return Objects.requireNonNull(Traces.enter("request", traceparent));
  }

  @Test
  void nothingIsTracedWhileItIsOff() {
    Traces.start(MemorySpans.settings(1, 1_000), Map.of(), metrics);
    assertThat(Traces.on()).isFalse();
    assertThat(Traces.enter("request", SAMPLED)).isNull();
    assertThat(Traces.follow("step", TraceSpan.Kind.CLIENT, SAMPLED)).isNull();
  }

  @Test
  void theCallersTraceGoesOnWithItsSpansInOrder() {
    MemorySpans spans = MemorySpans.start();
    TraceSpan request = entered(SAMPLED);
    TraceSpan publish = request.child("publish", TraceSpan.Kind.PRODUCER);
    TraceSpan dispatch =
        Objects.requireNonNull(
            Traces.follow("dispatch", TraceSpan.Kind.CONSUMER, publish.traceparent()));
    dispatch.end(new IllegalStateException("a text"));
    publish.end();
    request.end();
    List<SpanData> ended = spans.finish();
    assertThat(ended).extracting(SpanData::getTraceId).containsOnly(TRACE);
    assertThat(ended)
        .extracting(SpanData::getName)
        .containsExactly("dispatch", "publish", "request");
    assertThat(ended.get(0).getParentSpanId()).isEqualTo(ended.get(1).getSpanId());
    assertThat(ended.get(1).getParentSpanId()).isEqualTo(ended.get(2).getSpanId());
    assertThat(ended.get(2).getParentSpanId()).isEqualTo("00f067aa0ba902b7");
    // A message of an exception may quote what it was about.
    assertThat(ended.get(0).toString()).contains("IllegalStateException").doesNotContain("a text");
  }

  @Test
  void whatIsNotSampledHasNoSpan() {
    MemorySpans.start();
    assertThat(Traces.enter("request", UNSAMPLED)).isNull();
    assertThat(Traces.follow("step", TraceSpan.Kind.CLIENT, UNSAMPLED)).isNull();
    assertThat(Traces.follow("step", TraceSpan.Kind.CLIENT, "")).isNull();
    assertThat(Traces.follow("step", TraceSpan.Kind.CLIENT, "not a traceparent")).isNull();
    // It is as if the caller had sent none, and one in two thousand millions is sampled.
    assertThat(Traces.enter("request", "not a traceparent")).isNull();
  }

  @Test
  void oneInSoManyIsSampledAndNoMoreThanTheLimitPerSecond() {
    long[] now = {0};
    TraceSampler all = new TraceSampler(1, 3, () -> now[0]);
    for (int second = 0; second < 3; second++) {
      now[0] += TimeUnit.SECONDS.toNanos(1);
      assertThat(taken(all, 100)).isEqualTo(3);
    }
    assertThat(taken(new TraceSampler(10, 100_000, () -> 0), 10_000)).isBetween(800, 1_200);
  }

  private static int taken(TraceSampler sampler, int requests) {
    int taken = 0;
    for (int i = 0; i < requests; i++) {
      taken += sampler.samples(null) ? 1 : 0;
    }
    return taken;
  }

  /** An exporter that does not return before it is told to. */
  private static final class Stuck implements SpanExporter {
    final CompletableResultCode answer = new CompletableResultCode();

    @Override
    public CompletableResultCode export(Collection<SpanData> spans) {
      return answer;
    }

    @Override
    public CompletableResultCode flush() {
      return CompletableResultCode.ofSuccess();
    }

    @Override
    public CompletableResultCode shutdown() {
      return CompletableResultCode.ofSuccess();
    }
  }

  @Test
  void spansPastTheBoundAreDroppedAndCountedWhileTheCollectorDoesNotAnswer() {
    Stuck stuck = new Stuck();
    TraceConfig settings = new TraceConfig("", "", 1, 100_000, 600, "", 1 << 20);
    Traces.start(settings, Map.of(), metrics, stuck);
    for (int i = 0; i < 512; i++) {
      entered(null).end();
    }
    Await.until("the first batch leaves", LIMIT, () -> metrics.sum("ovation.trace.queue") == 0);
    for (int i = 0; i < 1_000; i++) {
      entered(null).end();
    }
    assertThat(metrics.byTags("ovation.trace.spans", "outcome")).containsEntry("dropped", 400.0);
    assertThat(metrics.sum("ovation.trace.queue")).isEqualTo(600);
    stuck.answer.fail();
    Await.until("the batch counts as failed", LIMIT, () -> spans("failed") >= 512);
  }

  private double spans(String outcome) {
    return metrics.byTags("ovation.trace.spans", "outcome").getOrDefault(outcome, 0.0);
  }

  private record Posted(String path, @Nullable String authorization, String hex) {}

  private static HttpServer collector(BlockingQueue<Posted> posted) throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          byte[] body = new GZIPInputStream(exchange.getRequestBody()).readAllBytes();
          posted.add(
              new Posted(
                  exchange.getRequestURI().getPath(),
                  exchange.getRequestHeaders().getFirst("Authorization"),
                  HexFormat.of().formatHex(body)));
          exchange.sendResponseHeaders(200, -1);
          exchange.close();
        });
    server.start();
    return server;
  }

  @Test
  void spansArePostedToTheCollectorByOtlp() throws Exception {
    BlockingQueue<Posted> posted = new ArrayBlockingQueue<>(10);
    HttpServer server = collector(posted);
    try {
      String endpoint = "http://127.0.0.1:" + server.getAddress().getPort() + "/v1/traces";
      TraceConfig settings = new TraceConfig(endpoint, "s3cret", 1, 100, 512, "", 1 << 20);
      Traces.start(settings, Map.of("service.name", "ovation"), metrics);
      entered(SAMPLED).end();
      Posted first = Objects.requireNonNull(posted.poll(20, TimeUnit.SECONDS));
      assertThat(first.path()).isEqualTo("/v1/traces");
      assertThat(first.authorization()).isEqualTo("Bearer s3cret");
      assertThat(first.hex()).contains(TRACE, hex("service.name"), hex("ovation"), hex("request"));
      Await.until("the span counts as exported", LIMIT, () -> spans("exported") == 1);
    } finally {
      server.stop(0);
    }
  }

  private static String hex(String text) {
    return HexFormat.of().formatHex(text.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void spansAreAppendedToAFileThatBeginsAgainAtItsLimit() throws IOException {
    Path file = dir.resolve("spans.jsonl");
    Traces.start(new TraceConfig("", "", 1, 100, 512, file.toString(), 1 << 20), Map.of(), metrics);
    entered(SAMPLED).end();
    Traces.close();
    JsonObject line = new JsonObject(Files.readAllLines(file).get(0));
    assertThat(line.getJsonArray("resourceSpans").encode()).contains(TRACE, "request");
    try (SpanFile small = new SpanFile(dir.resolve("small"), 10)) {
      small.write("0123456789\n".getBytes(StandardCharsets.UTF_8));
      small.write("next\n".getBytes(StandardCharsets.UTF_8));
    }
    assertThat(dir.resolve("small.1")).hasContent("0123456789\n");
    assertThat(dir.resolve("small")).hasContent("next\n");
  }

  @Test
  void aFileThatCannotBeWrittenStopsTheStartAndSaysWhatToDo() {
    TraceConfig settings =
        new TraceConfig("", "", 1, 100, 512, dir.resolve("no/such/folder").toString(), 1 << 20);
    assertThatThrownBy(() -> Traces.start(settings, Map.of(), metrics))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("trace.file can't be written");
  }
}
