package io.ovation.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Meter.MeterProvider;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.distribution.CountAtBucket;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * A node's metrics. Register a meter once, at start, and keep it; names are {@code
 * ovation.<part>.<what>}. Any thread.
 */
public final class Metrics {
  /** From one turn of an event loop to the longest wait that a caller has to bear. */
  private static final Duration[] BUCKETS =
      LongStream.of(1, 5, 25, 100, 500, 2_500, 10_000, 60_000)
          .mapToObj(Duration::ofMillis)
          .toArray(Duration[]::new);

  private static final double[] SIZES = {1, 2, 5, 10, 25, 50, 100, 250, 500};

  private final PrometheusMeterRegistry registry;

  public Metrics() {
    this(new PrometheusMeterRegistry(PrometheusConfig.DEFAULT));
  }

  /**
   * @param registry without meters
   */
  public Metrics(PrometheusMeterRegistry registry) {
    this.registry = registry;
  }

  /** A counter; {@code tags} are key, value, key, value … */
  public Counter counter(String name, String help, String... tags) {
    return Counter.builder(name).description(help).tags(tags).register(registry);
  }

  /** Counters that differ in one tag, whose values are few and known only when they are counted. */
  public MeterProvider<Counter> counters(String name, String help) {
    return Counter.builder(name).description(help).withRegistry(registry);
  }

  /** A counter for each constant of {@code type}, whose name in lower case is the tag's value. */
  public <E extends Enum<E>> Map<E, Counter> counters(
      String name, String help, String tag, Class<E> type) {
    Map<E, Counter> counters = new EnumMap<>(type);
    for (E constant : type.getEnumConstants()) {
      counters.put(constant, counter(name, help, tag, constant.name().toLowerCase(Locale.ROOT)));
    }
    return counters;
  }

  /** A counter that is kept elsewhere and read on the scraper's thread. */
  public <T> void counter(String name, String help, T object, ToDoubleFunction<T> value) {
    FunctionCounter.builder(name, object, value).description(help).register(registry);
  }

  /**
   * A timer with buckets. Unlike quantiles, buckets can be summed over nodes, and recording costs
   * one increment.
   */
  public Timer timer(String name, String help, String... tags) {
    return Timer.builder(name)
        .description(help)
        .tags(tags)
        .serviceLevelObjectives(BUCKETS)
        .register(registry);
  }

  /** How many things come together: a histogram with buckets, of which each is named by its end. */
  public DistributionSummary sizes(String name, String help) {
    return DistributionSummary.builder(name)
        .description(help)
        .serviceLevelObjectives(SIZES)
        .register(registry);
  }

  /** A gauge that reads {@code object} on the scraper's thread. */
  public <T> void gauge(
      String name, String help, T object, ToDoubleFunction<T> value, String... tags) {
    Gauge.builder(name, object, value)
        .description(help)
        .tags(tags)
        .strongReference(true)
        .register(registry);
  }

  /** The sum of all meters of this name: of counters their counts, of gauges their values. */
  public double sum(String name) {
    return byTags(name).values().stream().mapToDouble(Double::doubleValue).sum();
  }

  /** As {@link #sum}, for each combination of the values of these tags, joined by a slash. */
  public Map<String, Double> byTags(String name, String... tags) {
    Map<String, Double> sums = new TreeMap<>();
    for (Meter meter : registry.find(name).meters()) {
      String key =
          Stream.of(tags)
              .map(tag -> Objects.requireNonNullElse(meter.getId().getTag(tag), ""))
              .collect(Collectors.joining("/"));
      sums.merge(key, meter.measure().iterator().next().getValue(), Double::sum);
    }
    return sums;
  }

  /** A timer's buckets: how many took at most as many milliseconds; the last has no bound. */
  public Map<Long, Long> bucketsMs(String name) {
    Map<Long, Long> buckets = new TreeMap<>();
    for (Timer timer : registry.find(name).timers()) {
      for (CountAtBucket bucket : timer.takeSnapshot().histogramCounts()) {
        double ms = bucket.bucket(TimeUnit.MILLISECONDS);
        buckets.merge((long) ms, (long) bucket.count(), Long::sum);
      }
      buckets.merge(Long.MAX_VALUE, timer.count(), Long::sum);
    }
    return buckets;
  }

  /** Everything in Prometheus' text format. */
  public String scrape() {
    return registry.scrape();
  }

  /** For the meter binders of libraries. */
  public PrometheusMeterRegistry registry() {
    return registry;
  }
}
