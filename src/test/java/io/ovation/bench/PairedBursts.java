package io.ovation.bench;

import io.ovation.bench.fanout.Pin;
import io.ovation.testkit.Api;
import io.ovation.testkit.Await;
import io.ovation.testkit.NodeProcess;
import io.ovation.testkit.NodeSpec;
import java.io.File;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What something costs: the processor time of a node with it and of one without it in the same
 * process, on a core of its own. Short bursts alternate as with, without, without, with, and then
 * the other way round: what drifts is the same for both, and a second burst on one node in a row,
 * which finds its data in the caches, is each one's as often. Goes on until the median of the
 * ratios is known to one percent, or is surely above what is required.
 */
final class PairedBursts {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final String MAIN = "io.ovation.TwoNodes";
  private static final double PRECISE = 0.01;

  private static final int WARM_UP = 8;
  private static final int MIN_BLOCKS = 30;
  private static final int MAX_BLOCKS = 200;

  /** Some work on one of the nodes; returns what it cost in CPU-seconds. */
  interface Burst {
    double seconds() throws Exception;
  }

  /**
   * @param median of without / with
   * @param low of its 95 % confidence interval
   * @param high of the same
   * @param seconds of CPU with it, in all blocks
   */
  record Result(double median, double low, double high, int blocks, double seconds) {
    @Override
    public String toString() {
      return TrustBench.text(
          "%.3f × (95 %% of %.3f to %.3f; %d blocks of eight bursts)", median, low, high, blocks);
    }
  }

  private PairedBursts() {}

  /**
   * Starts both, on core 0; this process goes to core 1.
   *
   * @param meters whether the first has some; the second has as many, or none
   * @param words the first one's word list, or nothing
   * @param others the second one's
   */
  static NodeProcess start(
      NodeSpec with, NodeSpec without, boolean meters, String words, String others) {
    List<String> command = new ArrayList<>(List.of(NodeProcess.java(), "-cp", classPath(), MAIN));
    command.addAll(List.of("" + with.port(), "" + with.operatePort(), "true", words));
    command.addAll(List.of("" + without.port(), "" + without.operatePort(), "" + meters, others));
    NodeProcess both = NodeProcess.start(with, command).awaitReady();
    Await.until("the other node", LIMIT, () -> serves(without.port()));
    try {
      Pin.self("1");
      Pin.tree(both.pid(), "0");
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
    return both;
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

  /**
   * @param least the ratio that is required
   */
  static Result measure(String what, double least, Burst with, Burst without) throws Exception {
    List<Double> ratios = new ArrayList<>();
    double seconds = 0;
    for (int block = -WARM_UP; block < MAX_BLOCKS && !isDecided(ratios, least); block++) {
      double a = with.seconds();
      double b = without.seconds() + without.seconds();
      a += with.seconds();
      b += without.seconds();
      a += with.seconds() + with.seconds();
      b += without.seconds();
      if (block >= 0) {
        ratios.add(b / a);
        seconds += a;
      }
      if (block % 10 == 9) {
        double[] range = interval(ratios);
        System.err.printf("%s, block %d: %.3f to %.3f%n", what, block + 1, range[0], range[1]);
      }
    }
    double[] range = interval(ratios);
    return new Result(TrustBench.median(ratios), range[0], range[1], ratios.size(), seconds);
  }

  private static boolean isDecided(List<Double> ratios, double least) {
    if (ratios.size() < MIN_BLOCKS) {
      return false;
    }
    double[] range = interval(ratios);
    return range[1] - range[0] <= 2 * PRECISE || range[0] >= least + PRECISE;
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
}
