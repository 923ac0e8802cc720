package io.ovation.trace;

import io.opentelemetry.exporter.logging.otlp.internal.traces.OtlpStdoutSpanExporter;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import io.ovation.config.ConfigException;
import io.ovation.config.TraceConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Where spans go: a collector by OTLP over HTTP, a file, or both. */
final class SpanExporters {
  private static final Duration TIMEOUT = Duration.ofSeconds(5);

  private SpanExporters() {}

  static SpanExporter of(TraceConfig config) {
    List<SpanExporter> exporters = new ArrayList<>();
    if (!config.endpoint().isEmpty()) {
      var http =
          OtlpHttpSpanExporter.builder()
              .setEndpoint(config.endpoint())
              .setTimeout(TIMEOUT)
              .setConnectTimeout(TIMEOUT)
              .setCompression("gzip");
      if (!config.token().isEmpty()) {
        http.addHeader("Authorization", "Bearer " + config.token());
      }
      exporters.add(http.build());
    }
    if (!config.file().isEmpty()) {
      exporters.add(file(Path.of(config.file()), config.fileLimit()));
    }
    return SpanExporter.composite(exporters);
  }

  /** One line per export: a request of OTLP as JSON, which collectors read from files too. */
  private static SpanExporter file(Path path, long limit) {
    try {
      return OtlpStdoutSpanExporter.builder()
          .setOutput(new SpanFile(path, limit))
          .setWrapperJsonObject(true)
          .build();
    } catch (IOException e) {
      throw new ConfigException(
          "trace.file can't be written (%s): name a file in a folder that exists, or set it to \"\""
              .formatted(e));
    }
  }
}
