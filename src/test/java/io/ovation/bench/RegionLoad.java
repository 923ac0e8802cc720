package io.ovation.bench;

import io.ovation.testkit.Await;
import io.ovation.testkit.Crowd;
import io.ovation.testkit.CrowdProtocol;
import io.ovation.testkit.NodeProcess;
import io.ovation.testkit.OpenLoop;
import io.ovation.testkit.StreamViewers;
import io.ovation.testkit.TestRegion;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * A number of comments on {@code load-…} streams of a region, with a viewer on some, and what they
 * cost the region.
 */
final class RegionLoad {
  private static final Duration LIMIT = Duration.ofSeconds(120);
  private static final int CONNECTIONS = 100;
  private static final int WATCHED = 2;
  private static final List<String> STREAMS = StreamViewers.streams("load", 8);

  /** Comments per second for as many as there are connections. */
  private static final double AT_ONCE = 1e6;

  private final double perSecond;
  private final int comments;

  /**
   * @param perSecond comments offered; 0 for as many as the region takes
   */
  RegionLoad(int perSecond, int comments) {
    this.perSecond = perSecond == 0 ? AT_ONCE : perSecond;
    this.comments = comments;
  }

  /**
   * What one run found.
   *
   * @param latencies to a viewer, in nanoseconds
   * @param values in the order of {@link #HEAD}
   */
  record Sample(Histogram latencies, double... values) {
    static final String HEAD =
        "accepted /s | to a viewer p50 ms | p99 ms | CPU ms per comment | of it node | RabbitMQ | Redis | core 0 busy";
    static final int COLUMNS = 8;

    /** The latencies of all together: one pause in one of them is not the p99 of the whole. */
    static Sample medians(List<Sample> samples) {
      Histogram all = new Histogram(3);
      samples.forEach(sample -> all.add(sample.latencies));
      double[] medians = new double[COLUMNS];
      for (int i = 0; i < COLUMNS; i++) {
        int column = i;
        double[] sorted = samples.stream().mapToDouble(s -> s.values[column]).sorted().toArray();
        medians[i] = sorted[sorted.length / 2];
      }
      medians[1] = percentileMs(all, 50);
      medians[2] = percentileMs(all, 99);
      return new Sample(all, medians);
    }

    private static double percentileMs(Histogram latencies, double percentile) {
      return latencies.getValueAtPercentile(percentile) / 1e6;
    }

    /** Each figure as a share of the other's. */
    String over(Sample other) {
      double[] shares = values.clone();
      Arrays.setAll(shares, i -> values[i] / other.values[i]);
      return Arrays.stream(shares)
          .mapToObj(share -> String.format(Locale.ROOT, "%.2f", share))
          .collect(Collectors.joining(" | "));
    }

    @Override
    public String toString() {
      return String.format(
          Locale.ROOT,
          "%.0f | %.1f | %.1f | %.3f | %.3f | %.3f | %.3f | %.0f %%",
          Arrays.stream(values).boxed().toArray());
    }
  }

  /** The processes that a region's figures count: the node that serves, RabbitMQ and Redis. */
  static List<Long> measured(TestRegion region) {
    return List.of(region.node(0).pid(), region.rabbit.pid(), region.redis.pid());
  }

  /** CPU time of each, in milliseconds. */
  static double[] cpuMs(TestRegion region) {
    return measured(region).stream().mapToDouble(RegionLoad::cpuMs).toArray();
  }

  private static double cpuMs(long pid) {
    return ProcessHandle.of(pid).stream()
        .flatMap(process -> Stream.concat(Stream.of(process), process.descendants()))
        .mapToDouble(
            process -> process.info().totalCpuDuration().orElse(Duration.ZERO).toNanos() / 1e6)
        .sum();
  }

  /**
   * @param forwarder that carries the comments over, until it has; what that costs the region
   *     counts
   */
  Sample run(TestRegion region, @Nullable NodeProcess forwarder) {
    NodeProcess node = region.node(0);
    String[] watched = STREAMS.subList(0, WATCHED).toArray(String[]::new);
    try (Crowd crowd = new Crowd(CrowdProtocol.plain(watched), node.port());
        OpenLoop posts = new OpenLoop(node.port(), CONNECTIONS, script())) {
      crowd.open(WATCHED, LIMIT);
      crowd.takeLatencies();
      double[] before = cpuMs(region);
      long begin = System.nanoTime();
      posts.start(perSecond, Duration.ofNanos((long) (comments * 1e9 / perSecond)));
      posts.finish(LIMIT);
      double seconds = (System.nanoTime() - begin) / 1e9;
      double busy = Arrays.stream(cpuMs(region)).sum() - Arrays.stream(before).sum();
      if (posts.answers(202) != comments) {
        throw new AssertionError(posts.toString());
      }
      if (forwarder != null) {
        awaitForwarded(node, forwarder);
      }
      double[] after = cpuMs(region);
      Histogram latencies = crowd.takeLatencies();
      double[] each = new double[after.length];
      Arrays.setAll(each, i -> (after[i] - before[i]) / comments);
      return new Sample(
          latencies,
          comments / seconds,
          Sample.percentileMs(latencies, 50),
          Sample.percentileMs(latencies, 99),
          Arrays.stream(each).sum(),
          each[0],
          each[1],
          each[2],
          busy / seconds / 10);
    }
  }

  private static void awaitForwarded(NodeProcess node, NodeProcess forwarder) {
    Await.until(
        "all to be carried over",
        LIMIT,
        () ->
            node.metrics().sum("ovation_region_put_total")
                == forwarder.metrics().sum("ovation_region_forwarded_total"));
  }

  private static OpenLoop.Script script() {
    String run = Long.toString(System.nanoTime(), 36);
    return new OpenLoop.Script() {
      @Override
      public String path(long n) {
        return "/streams/" + STREAMS.get((int) (n % STREAMS.size())) + "/comments";
      }

      @Override
      public String body(long n, long dueNanos) {
        return "{\"user\":\"u%d\",\"id\":\"%s-%d\",\"text\":\"text %d @%019d\"}"
            .formatted(n % 50, run, n, n, dueNanos);
      }
    };
  }
}
