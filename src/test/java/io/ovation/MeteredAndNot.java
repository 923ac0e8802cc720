package io.ovation;

import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.ovation.cluster.Role;
import io.ovation.config.Config;
import io.ovation.config.ConfigLoader;
import io.ovation.metrics.Metrics;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.util.EnumSet;
import java.util.Map;

/**
 * Two nodes in one process, the second without a single meter. Two processes would differ by
 * several percent even if they were the same: Java's compilers choose differently in each.
 */
final class MeteredAndNot {
  private MeteredAndNot() {}

  /**
   * @param arguments the ports and operators' ports of both
   */
  public static void main(String[] arguments) {
    PrometheusMeterRegistry none = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    none.config().meterFilter(MeterFilter.deny());
    start("without", arguments[2], arguments[3], new Metrics(none));
    start("with", arguments[0], arguments[1], new Metrics());
  }

  private static void start(String name, String port, String operatePort, Metrics metrics) {
    Map<String, String> settings =
        Map.of(
            "OVATION_HTTP_HOST", "127.0.0.1",
            "OVATION_HTTP_PORT", port,
            "OVATION_OPERATE_PORT", operatePort,
            "OVATION_DATA_DIR", name,
            "OVATION_VIEWER_CONNECT_RATE", "0");
    Config config = new ConfigLoader(null, settings).load(null).config();
    Vertx vertx =
        Vertx.vertx(new VertxOptions().setPreferNativeTransport(true).setEventLoopPoolSize(1));
    vertx.deployVerticle(new Node(config, EnumSet.allOf(Role.class), metrics, null)).await();
  }
}
