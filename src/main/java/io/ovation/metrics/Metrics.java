package io.ovation.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Timer;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.function.ToDoubleFunction;

/**
 * A node's meters. Ask once at start and keep the meter; names are {@code ovation.<part>.<what>}.
 */
public final class Metrics {
  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);

  /** A counter; {@code tags} are key, value, key, value … */
  public Counter counter(String name, String help, String... tags) {
    return Counter.builder(name).description(help).tags(tags).register(registry);
  }

  public Timer timer(String name, String help, String... tags) {
    return Timer.builder(name)
        .description(help)
        .tags(tags)
        .publishPercentiles(0.5, 0.99)
        .register(registry);
  }

  /** A gauge that reads {@code object} when it is scraped, on the scraper's thread. */
  public <T> void gauge(
      String name, String help, T object, ToDoubleFunction<T> value, String... tags) {
    Gauge.builder(name, object, value)
        .description(help)
        .tags(tags)
        .strongReference(true)
        .register(registry);
  }

  /** The Prometheus text exposition. */
  public String scrape() {
    return registry.scrape();
  }

  /** For binders of other libraries. */
  public PrometheusMeterRegistry registry() {
    return registry;
  }
}
