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
import java.util.HashMap;
import java.util.Map;

/**
 * Two nodes in one process that differ in one thing. Two processes would differ by several percent
 * even if they were the same: Java's compilers choose differently in each.
 */
final class TwoNodes {
  private TwoNodes() {}

  /**
   * @param arguments for each node: port, operators' port, whether it has meters, and its word list
   *     or nothing
   */
  public static void main(String[] arguments) {
    for (int i = 0; i < arguments.length; i += 4) {
      boolean metered = Boolean.parseBoolean(arguments[i + 2]);
      start(arguments[i], arguments[i + 1], metered ? new Metrics() : none(), arguments[i + 3]);
    }
  }

  private static Metrics none() {
    PrometheusMeterRegistry none = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    none.config().meterFilter(MeterFilter.deny());
    return new Metrics(none);
  }

  private static void start(String port, String operatePort, Metrics metrics, String words) {
    Map<String, String> settings = new HashMap<>();
    settings.put("OVATION_HTTP_HOST", "127.0.0.1");
    settings.put("OVATION_HTTP_PORT", port);
    settings.put("OVATION_OPERATE_PORT", operatePort);
    settings.put("OVATION_DATA_DIR", "node-" + port);
    settings.put("OVATION_VIEWER_CONNECT_RATE", "0");
    settings.put("OVATION_AUTH_SECRET", "a-secret-of-32-characters-or-more");
    if (!words.isEmpty()) {
      settings.put("OVATION_MODERATION_WORDS", words);
    }
    Config config = new ConfigLoader(null, settings).load(null).config();
    Vertx vertx =
        Vertx.vertx(new VertxOptions().setPreferNativeTransport(true).setEventLoopPoolSize(1));
    vertx.deployVerticle(new Node(config, EnumSet.allOf(Role.class), metrics, null)).await();
  }
}
