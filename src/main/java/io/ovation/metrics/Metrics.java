package io.ovation.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Timer;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.function.ToDoubleFunction;

/**
 * A node's meters. Ask once at start and keep the meter; names are {@code ovation.<part>.<what>}.
 */
public final class Metrics {
  /** From an event loop's turn to the longest wait that a caller is asked to bear. */
  private static final Duration[] BUCKETS = {
    Duration.ofMillis(1),
    Duration.ofMillis(5),
    Duration.ofMillis(25),
    Duration.ofMillis(100),
    Duration.ofMillis(500),
    Duration.ofMillis(2_500),
    Duration.ofSeconds(10),
    Duration.ofSeconds(60)
  };

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);

  /** A counter; {@code tags} are key, value, key, value … */
  public Counter counter(String name, String help, String... tags) {
    return Counter.builder(name).description(help).tags(tags).register(registry);
  }

  /** A counter that is kept elsewhere, and read when it is scraped, on the scraper's thread. */
  public <T> void counter(String name, String help, T object, ToDoubleFunction<T> value) {
    FunctionCounter.builder(name, object, value).description(help).register(registry);
  }

  /**
   * A timer with buckets: unlike quantiles they can be added up over nodes, and recording costs an
   * increment.
   */
  public Timer timer(String name, String help, String... tags) {
    return Timer.builder(name)
        .description(help)
        .tags(tags)
        .serviceLevelObjectives(BUCKETS)
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
