package io.ovation.bench;

import io.ovation.testkit.Crowd;
import io.ovation.testkit.CrowdProtocol;
import io.ovation.testkit.NodeProcess;
import io.ovation.testkit.OpenLoop;
import io.ovation.testkit.RawHttp;
import io.ovation.testkit.RawViewer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/**
 * What 1,000 clients that send a byte a second, and 1,000 viewers that never read, do to all
 * others: windows with and without them take turns on one node.
 */
final class SlowClientBench {
  private static final int SLOW = 1_000;
  private static final int VIEWERS = 200;
  private static final int PER_SECOND = 100;
  private static final int ROUNDS = 7;
  private static final int WARM_UP = 2;
  private static final Duration WINDOW = Duration.ofSeconds(8);
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final String STREAM = "slow";

  private final TrustBench table;

  SlowClientBench(TrustBench table) {
    this.table = table;
  }

  /**
   * @param delivered p99 from POST to a viewer, in milliseconds
   * @param accepted p99 from POST to its answer
   */
  private record Latency(double delivered, double accepted) {}

  void run() throws Exception {
    List<Double> delivered = new ArrayList<>();
    List<Double> accepted = new ArrayList<>();
    try (NodeProcess node = NodeProcess.start(TrustBench.node("slow-clients")).awaitReady();
        Crowd others = new Crowd(CrowdProtocol.plain(STREAM), node.port())) {
      others.open(VIEWERS, LIMIT);
      for (int round = -WARM_UP; round < ROUNDS; round++) {
        Latency without = window(node, others);
        Latency with;
        try (SlowClients slow = new SlowClients(node.port())) {
          with = window(node, others);
        }
        System.err.printf("round %d: %s, with slow clients %s%n", round, without, with);
        if (round >= 0) {
          delivered.add(with.delivered / without.delivered);
          accepted.add(with.accepted / without.accepted);
        }
      }
      others.check();
    }
    row("from POST to the other viewers, p99", delivered);
    row("from POST to its answer, p99", accepted);
  }

  private void row(String figure, List<Double> ratios) {
    double median = TrustBench.median(ratios);
    table.row(
        "1,000 slow senders, 1,000 viewers that never read",
        figure + ", of without them",
        "≤ 1.10 ×",
        TrustBench.text("%.2f × (%s)", median, ratios),
        median <= 1.1);
  }

  private static Latency window(NodeProcess node, Crowd others) {
    OpenLoop.Script posts =
        new OpenLoop.Script() {
          @Override
          public String path(long n) {
            return "/streams/" + STREAM + "/comments";
          }

          @Override
          public String body(long n, long dueNanos) {
            return "{\"user\":\"u%d\",\"text\":\"%s%d @%019d\"}"
                .formatted(n % 50, TrustBench.TEXT, n, dueNanos);
          }
        };
    others.takeLatencies();
    try (OpenLoop loop = new OpenLoop(node.port(), 32, posts)) {
      loop.run(PER_SECOND, WINDOW);
      if (loop.answers(202) != loop.posted()) {
        throw new AssertionError("refused: " + loop);
      }
      return new Latency(p99(others.takeLatencies()), p99(loop.takeLatencies()));
    }
  }

  private static double p99(Histogram nanos) {
    return nanos.getValueAtPercentile(99) / 1e6;
  }

  /** Those that are closed come again at once. */
  private static final class SlowClients implements AutoCloseable {
    private static final byte[] REQUEST =
        RawHttp.head("POST", "/streams/slow/comments", "application/json", 100)
            .getBytes(StandardCharsets.UTF_8);
    private static final int SMALL_BUFFER = 4_096;

    private final int port;
    private final List<RawViewer> silent = new ArrayList<>();
    private final Socket[] senders = new Socket[SLOW];
    private final int[] sent = new int[SLOW];
    private final Thread thread = new Thread(this::send, "slow-senders");
    private volatile boolean closed;

    SlowClients(int port) throws Exception {
      this.port = port;
      for (int i = 0; i < SLOW; i++) {
        RawViewer viewer = new RawViewer(port, "/live/websocket", SMALL_BUFFER);
        viewer.say(
            "{\"type\":\"watch\",\"stream\":\"%s\",\"user\":\"silent-%d\"}".formatted(STREAM, i));
        silent.add(viewer);
        connect(i);
      }
      thread.start();
      TimeUnit.SECONDS.sleep(3);
    }

    private void connect(int i) throws IOException {
      senders[i] = new Socket(InetAddress.getLoopbackAddress(), port);
      senders[i].setTcpNoDelay(true);
      sent[i] = 0;
    }

    private void send() {
      try {
        for (int i = 0; !closed; i = (i + 1) % SLOW) {
          TimeUnit.MILLISECONDS.sleep(1);
          try {
            senders[i].getOutputStream().write(REQUEST[sent[i]++ % REQUEST.length]);
          } catch (IOException e) {
            senders[i].close();
            connect(i);
          }
        }
      } catch (IOException | InterruptedException e) {
        throw new IllegalStateException("a slow sender could not connect again", e);
      }
    }

    @Override
    public void close() throws Exception {
      closed = true;
      thread.join();
      for (Socket sender : senders) {
        sender.close();
      }
      silent.forEach(RawViewer::close);
      TimeUnit.SECONDS.sleep(1);
    }
  }
}
