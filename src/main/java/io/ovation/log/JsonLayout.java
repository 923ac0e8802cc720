package io.ovation.log;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.LayoutBase;
import io.vertx.core.json.JsonObject;
import java.time.Instant;

/**
 * Formats log events as one JSON object per line, for collectors such as ELK: {@code timestamp}
 * (ISO 8601, UTC), {@code level}, {@code logger}, {@code thread}, {@code message}, the MDC's
 * entries (a trace's {@code trace_id} and {@code span_id}) and, with an exception, {@code stack}.
 */
final class JsonLayout extends LayoutBase<ILoggingEvent> {

  @Override
  public String doLayout(ILoggingEvent event) {
    JsonObject json =
        new JsonObject()
            .put("timestamp", Instant.ofEpochMilli(event.getTimeStamp()).toString())
            .put("level", event.getLevel().toString())
            .put("logger", event.getLoggerName())
            .put("thread", event.getThreadName())
            .put("message", event.getFormattedMessage());
    event.getMDCPropertyMap().forEach(json::put);
    IThrowableProxy thrown = event.getThrowableProxy();
    if (thrown != null) {
      json.put("stack", ThrowableProxyUtil.asString(thrown));
    }
    return json.encode() + "\n";
  }
}
