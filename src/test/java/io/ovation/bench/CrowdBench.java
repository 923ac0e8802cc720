package io.ovation.bench;

import io.ovation.bench.fanout.Pin;
import io.ovation.testkit.Crowd;
import io.ovation.testkit.CrowdProtocol;
import io.ovation.testkit.NodeProcess;
import io.ovation.testkit.NodeSpec;
import io.ovation.testkit.RawHttp;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What a crowd of viewers costs one node, of what it costs another, in turns. The nodes run on core
 * 0 and the load on core 1, so that neither takes the other's time.
 */
final class CrowdBench {
  private static final Duration LIMIT = Duration.ofSeconds(120);
  private static final int VIEWERS = 6_000;
  private static final int COMMENTS = 100;

  /** Java's compilers meet everything in the first rounds, which are not counted. */
  private static final int WARM_UP = 5;

  private static final int ROUNDS = 7;

  private static final CrowdProtocol PLAIN = CrowdProtocol.plain("tb");

  private final TrustBench table;
  private final List<Double> connects = new ArrayList<>();
  private final List<Double> deliveries = new ArrayList<>();

  CrowdBench(TrustBench table) {
    this.table = table;
  }

  /**
   * @param connects connections per second of the node's processor time
   * @param deliveries likewise
   */
  private record Cost(double connects, double deliveries) {}

  /** Viewers with tokens, of those without. */
  void tokens() throws Exception {
    NodeSpec required = TrustBench.node("on").env("OVATION_AUTH_REQUIRED", "true");
    try (NodeProcess off = NodeProcess.start(TrustBench.node("off")).awaitReady();
        NodeProcess on = NodeProcess.start(required).awaitReady()) {
      compare(off, on, true);
    }
    String who = "6,000 viewers with tokens (HS256)";
    row(who, "connections per CPU-second, of without", 0.9, connects);
    row("", "deliveries per CPU-second, of without", 0.95, deliveries);
  }

  /** This build, of an older one. */
  void before(Path jar) throws Exception {
    List<String> command = List.of(NodeProcess.java(), "-jar", jar.toAbsolutePath().toString());
    NodeSpec plain = NodeSpec.named("now").env("OVATION_VIEWER_CONNECT_RATE", "0");
    NodeSpec other = NodeSpec.named("other").env("OVATION_VIEWER_CONNECT_RATE", "0");
    try (NodeProcess base = NodeProcess.start(other, command).awaitReady();
        NodeProcess now = NodeProcess.start(plain).awaitReady()) {
      compare(base, now, false);
    }
    String who = "6,000 viewers without tokens, of the older release";
    row(who, "connections per CPU-second", 0, connects);
    row("", "deliveries per CPU-second", 0.97, deliveries);
  }

  private void compare(NodeProcess base, NodeProcess other, boolean tokens) throws Exception {
    Pin.self("1");
    Pin.tree(base.pid(), "0");
    Pin.tree(other.pid(), "0");
    for (int round = -WARM_UP; round < ROUNDS; round++) {
      CrowdProtocol viewers = tokens ? WithTokens.of(round) : CrowdProtocol.plain("tb");
      String token = tokens ? TrustBench.token("poster", "viewer") : "";
      boolean otherFirst = round % 2 == 0; // Whoever comes second may have it easier.
      Cost first = otherFirst ? cost(other, viewers, token) : cost(base, PLAIN, "");
      Cost second = otherFirst ? cost(base, PLAIN, "") : cost(other, viewers, token);
      Cost without = otherFirst ? second : first;
      Cost with = otherFirst ? first : second;
      if (round >= 0) {
        connects.add(with.connects / without.connects);
        deliveries.add(with.deliveries / without.deliveries);
      }
      System.err.printf("round %d: %s, then %s%n", round, without, with);
    }
  }

  private void row(String who, String figure, double least, List<Double> ratios) {
    double median = TrustBench.median(ratios);
    table.row(
        who,
        figure,
        least == 0 ? "" : TrustBench.text("≥ %.2f ×", least),
        TrustBench.text("%.2f × (%s)", median, ratios),
        median >= least);
  }

  private static Cost cost(NodeProcess node, CrowdProtocol protocol, String token)
      throws Exception {
    try (Crowd crowd = new Crowd(protocol, node.port())) {
      double before = ThreadTimes.seconds(node.pid());
      crowd.open(VIEWERS, LIMIT);
      double connected = ThreadTimes.seconds(node.pid());
      post(node, token);
      crowd.awaitEach(COMMENTS, LIMIT);
      return new Cost(
          VIEWERS / (connected - before),
          (double) COMMENTS * VIEWERS / (ThreadTimes.seconds(node.pid()) - connected));
    }
  }

  /** One after another, each when the one before is accepted. */
  private static void post(NodeProcess node, String token) throws Exception {
    String authorization = token.isEmpty() ? "" : "Authorization: Bearer " + token + "\r\n";
    try (RawHttp http = new RawHttp(node.port())) {
      for (int i = 0; i < COMMENTS; i++) {
        String body =
            "{\"user\":\"poster\",\"text\":\"%s%d @%019d\"}"
                .formatted(TrustBench.TEXT, i, System.nanoTime());
        String head = RawHttp.head("POST", "/streams/tb/comments", "", body.length());
        int end = head.indexOf("\r\n") + 2;
        http.write(head.substring(0, end) + authorization + head.substring(end) + body);
        if (http.read().status() != 202) {
          throw new AssertionError("comment " + i + " was refused");
        }
      }
    }
  }

  /**
   * Each viewer has a token of its own.
   *
   * @param messages made before anything is measured
   */
  private record WithTokens(List<String> messages) implements CrowdProtocol {
    static WithTokens of(int round) {
      return new WithTokens(
          IntStream.range(0, VIEWERS)
              .mapToObj(
                  n ->
                      JsonObject.of("type", "watch", "stream", "tb")
                          .put("token", TrustBench.token("v-" + n, "viewer", round))
                          .encode())
              .toList());
    }

    @Override
    public String path(int n) {
      return "/live/websocket";
    }

    @Override
    public String hello(int n, long since) {
      return messages.get(n);
    }

    @Override
    public boolean sockJs() {
      return false;
    }
  }
}
