package io.ovation.packages;

import io.ovation.trace.Correlation;
import io.vertx.core.Future;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Type {@code log}: writes a log line and succeeds. For trying packages out. */
public final class LogHandler implements PackageHandler {
  private static final Logger log = LoggerFactory.getLogger(LogHandler.class);

  @Override
  public String type() {
    return "log";
  }

  @Override
  public Future<Void> handle(PackageJob job) {
    Correlation.run(
        job.traceparent(),
        job.id(),
        null,
        () ->
            log.info(
                "package {}, attempt {}: {} characters of JSON",
                job.id(),
                job.attempt(),
                job.payload().length()));
    return Future.succeededFuture();
  }
}
