package io.ovation.bench;

import io.ovation.testkit.Crowd;
import io.ovation.testkit.CrowdProtocol;
import io.ovation.testkit.NodeProcess;
import io.ovation.testkit.NodeSpec;
import io.ovation.testkit.RawHttp;
import java.time.Duration;
import java.util.stream.IntStream;

/**
 * What a node's metrics cost: deliveries per CPU-second of a node with them, of one without in the
 * same process.
 */
final class MetricsBench {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final double LEAST = 0.97;

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
    try (NodeProcess both = PairedBursts.start(with, without, false, "", "")) {
      measure(both, without.port(), new Shape("one stream of 1,000 viewers", 1, 1_000, 10));
      measure(both, without.port(), new Shape("500 streams of 2 viewers", 500, 2, 4));
    }
  }

  private void measure(NodeProcess both, int other, Shape shape) throws Exception {
    try (Side with = new Side(both.pid(), both.port(), shape);
        Side without = new Side(both.pid(), other, shape)) {
      PairedBursts.Result result =
          PairedBursts.measure(shape.what, LEAST, with::burst, without::burst);
      double comments = 4.0 * result.blocks() * shape.streams * shape.comments;
      table.row(
          shape.what,
          "deliveries per CPU-second, of a node without metrics",
          "≥ 0.97 ×",
          TrustBench.text(
              "%s; %,.0f a CPU-second", result, comments * shape.viewers / result.seconds()),
          result.low() >= LEAST);
    }
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
      double before = ThreadTimes.secondsWithoutCollectors(pid);
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
      return ThreadTimes.secondsWithoutCollectors(pid) - before;
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
