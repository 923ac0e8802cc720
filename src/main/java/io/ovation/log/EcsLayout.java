package io.ovation.log;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.LayoutBase;
import io.ovation.metrics.BuildInfo;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.util.Map;

/**
 * Formats log events as one object of the Elastic Common Schema per line, with dotted names; {@code
 * deploy/elastic/index-template.json} maps them.
 */
final class EcsLayout extends LayoutBase<ILoggingEvent> {
  private static final String VERSION = "8.11.0";

  /** What the MDC has, as the schema names it. */
  private static final Map<String, String> NAMES =
      Map.of("trace_id", "trace.id", "span_id", "span.id", "request_id", "http.request.id");

  private final String service = BuildInfo.load().version();
  private final long pid = ProcessHandle.current().pid();

  @Override
  public String doLayout(ILoggingEvent event) {
    JsonObject json =
        new JsonObject()
            .put("@timestamp", Instant.ofEpochMilli(event.getTimeStamp()).toString())
            .put("log.level", event.getLevel().toString())
            .put("message", event.getFormattedMessage())
            .put("ecs.version", VERSION)
            .put("service.name", "ovation")
            .put("service.version", service)
            .put("service.node.name", Logging.node())
            .put("host.name", Logging.HOST)
            .put("process.pid", pid)
            .put("process.thread.name", event.getThreadName())
            .put("log.logger", event.getLoggerName());
    event
        .getMDCPropertyMap()
        .forEach((name, value) -> json.put(NAMES.getOrDefault(name, "labels." + name), value));
    IThrowableProxy thrown = event.getThrowableProxy();
    if (thrown != null) {
      json.put("error.type", thrown.getClassName())
          .put("error.message", thrown.getMessage())
          .put("error.stack_trace", ThrowableProxyUtil.asString(thrown));
    }
    return json.encode() + "\n";
  }
}
