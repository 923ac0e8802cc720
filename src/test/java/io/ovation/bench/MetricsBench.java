package io.ovation.bench;

import io.ovation.bench.fanout.Pin;
import io.ovation.testkit.Api;
import io.ovation.testkit.Await;
import io.ovation.testkit.Crowd;
import io.ovation.testkit.CrowdProtocol;
import io.ovation.testkit.NodeProcess;
import io.ovation.testkit.NodeSpec;
import io.ovation.testkit.RawHttp;
import java.io.File;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What a node's metrics cost: deliveries per CPU-second of a node with them, of one without in the
 * same process. Short bursts alternate as with, without, without, with: what drifts is the same for
 * both. Goes on until the median of the ratios is known to one percent.
 */
final class MetricsBench {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final String MAIN = "io.ovation.MeteredAndNot";
  private static final double LEAST = 0.97;
  private static final double PRECISE = 0.01;
  private static final int WARM_UP = 15;
  private static final int MIN_BLOCKS = 60;
  private static final int MAX_BLOCKS = 400;

  private final TrustBench table;

  MetricsBench(TrustBench table) {
    this.table = table;
  }

  /**
   * @param viewers of each stream
   * @param comments on each stream, in a burst
   */
  private record Shape(String what, int streams, int viewers, int comments) {}

  void run() throws Exception {
    NodeSpec with = NodeSpec.named("metrics");
    NodeSpec without = NodeSpec.named("no-metrics");
    List<String> command = new ArrayList<>(List.of(NodeProcess.java()));
    command.addAll(List.of("-cp", classPath(), MAIN));
    for (NodeSpec spec : List.of(with, without)) {
      command.addAll(List.of("" + spec.port(), "" + spec.operatePort()));
    }
    try (NodeProcess both = NodeProcess.start(with, command).awaitReady()) {
      Await.until("the other node", LIMIT, () -> serves(without.port()));
      Pin.self("1");
      Pin.tree(both.pid(), "0");
      measure(both, without.port(), new Shape("one stream of 1,000 viewers", 1, 1_000, 10));
      measure(both, without.port(), new Shape("500 streams of 2 viewers", 500, 2, 4));
    }
  }

  /** The node runs in a directory of its own. */
  private static String classPath() {
    return Stream.of(System.getProperty("java.class.path", "").split(File.pathSeparator, -1))
        .map(it -> Path.of(it).toAbsolutePath().toString())
        .collect(Collectors.joining(File.pathSeparator));
  }

  private static boolean serves(int port) {
    try {
      return new Api(port).get("/health/ready").status() == 200;
    } catch (RuntimeException notYet) {
      return false;
    }
  }

  private void measure(NodeProcess both, int other, Shape shape) throws Exception {
    List<Double> ratios = new ArrayList<>();
    double seconds = 0;
    try (Side with = new Side(both.pid(), both.port(), shape);
        Side without = new Side(both.pid(), other, shape)) {
      for (int block = -WARM_UP; block < MAX_BLOCKS && !isPrecise(ratios); block++) {
        boolean first = block % 2 == 0;
        double a = (first ? with : without).burst();
        double b = (first ? without : with).burst() + (first ? without : with).burst();
        a += (first ? with : without).burst();
        if (block >= 0) {
          ratios.add(first ? b / a : a / b);
          seconds += first ? a : b;
        }
        if (block % 20 == 0) {
          System.err.printf("%s, block %d: %.3f s, %.3f s%n", shape.what, block, a, b);
        }
      }
    }
    double median = TrustBench.median(ratios);
    double[] range = interval(ratios);
    double rate = 2.0 * ratios.size() * shape.streams * shape.viewers * shape.comments / seconds;
    table.row(
        shape.what,
        "deliveries per CPU-second, of a node without metrics",
        "≥ 0.97 ×",
        TrustBench.text(
            "%.3f × (95 %% of %.3f to %.3f; %d blocks of four bursts; %,.0f a CPU-second)",
            median, range[0], range[1], ratios.size(), rate),
        range[0] >= LEAST);
  }

  private static boolean isPrecise(List<Double> ratios) {
    double[] range = ratios.size() < MIN_BLOCKS ? new double[] {0, 1} : interval(ratios);
    return range[1] - range[0] <= 2 * PRECISE;
  }

  /** The 95 % confidence interval of the median, by order statistics: no distribution assumed. */
  private static double[] interval(List<Double> ratios) {
    List<Double> sorted = ratios.stream().sorted().toList();
    double half = 0.98 * Math.sqrt(sorted.size());
    int low = (int) Math.floor(sorted.size() / 2.0 - half);
    int high = (int) Math.ceil(sorted.size() / 2.0 + half);
    return new double[] {
      sorted.get(Math.max(0, low)), sorted.get(Math.min(sorted.size() - 1, high))
    };
  }

  /** One node's viewers, and the connection that posts comments for them. */
  private static final class Side implements AutoCloseable {
    private final long pid;
    private final Shape shape;
    private final Crowd crowd;
    private final int port;
    private long posted;

    Side(long pid, int port, Shape shape) {
      this.pid = pid;
      this.shape = shape;
      this.port = port;
      String[] streams =
          IntStream.range(0, shape.streams).mapToObj(i -> "m" + i).toArray(String[]::new);
      this.crowd = new Crowd(CrowdProtocol.plain(streams), port);
      crowd.open(shape.streams * shape.viewers, LIMIT);
    }

    /** Each comment leaves alone. Returns the process's CPU-seconds. */
    double burst() throws Exception {
      double before = ThreadTimes.seconds(pid);
      try (RawHttp http = new RawHttp(port)) {
        for (int i = 0; i < shape.comments; i++) {
          posted++;
          for (int stream = 0; stream < shape.streams; stream++) {
            post(http, stream);
          }
          for (int stream = 0; stream < shape.streams; stream++) {
            if (http.read().status() != 202) {
              throw new AssertionError("a comment was refused");
            }
          }
          crowd.awaitEach(posted, LIMIT);
        }
      }
      return ThreadTimes.seconds(pid) - before;
    }

    private void post(RawHttp http, int stream) throws Exception {
      String body =
          "{\"user\":\"u%d\",\"text\":\"%s%d @%019d\"}"
              .formatted(stream, TrustBench.TEXT, posted, System.nanoTime());
      String path = "/streams/m" + stream + "/comments";
      http.write(RawHttp.head("POST", path, "", body.length()) + body);
    }

    @Override
    public void close() {
      crowd.close();
    }
  }
}
