package io.ovation.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.testkit.NodeProcess;
import io.ovation.testkit.NodeSpec;
import io.ovation.testkit.RedisServer;
import io.ovation.testkit.Servers;
import io.ovation.testkit.ShowLogs;
import io.ovation.testkit.TestViewer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Nodes that are started while RabbitMQ or Redis cannot be reached. */
@ExtendWith(ShowLogs.class)
class AwayServersIT {
  private static final Duration RECONNECT_LIMIT = Duration.ofSeconds(8);

  /** A port that hangs up on whoever connects, and remembers when that was. */
  private static final class HangsUp implements AutoCloseable {
    private final List<Long> nanos = Collections.synchronizedList(new ArrayList<>());
    private final ServerSocket server;

    HangsUp() throws IOException {
      server = new ServerSocket(0, 100, InetAddress.getLoopbackAddress());
      Thread thread = new Thread(this::accept, "hangs-up");
      thread.setDaemon(true);
      thread.start();
    }

    private void accept() {
      while (true) {
        try {
          server.accept().close();
          nanos.add(System.nanoTime());
        } catch (IOException closed) {
          return;
        }
      }
    }

    String address() {
      return "127.0.0.1:" + server.getLocalPort();
    }

    /** Milliseconds between one attempt and the next. */
    List<Long> pauses() {
      List<Long> pauses = new ArrayList<>();
      synchronized (nanos) {
        for (int i = 1; i < nanos.size(); i++) {
          pauses.add((nanos.get(i) - nanos.get(i - 1)) / 1_000_000);
        }
      }
      return pauses;
    }

    @Override
    public void close() throws IOException {
      server.close();
    }
  }

  @Test
  void aNodeTriesWithGrowingPausesThenExitsAndNamesTheServerItMisses() throws IOException {
    Map<String, String> limits =
        Map.of(
            "OVATION_RABBITMQ_RECONNECT_LIMIT", RECONNECT_LIMIT.toSeconds() + "s",
            "OVATION_REDIS_RECONNECT_LIMIT", RECONNECT_LIMIT.toSeconds() + "s");
    try (HangsUp rabbit = new HangsUp();
        HangsUp redis = new HangsUp();
        NodeProcess first =
            NodeProcess.start(
                spec("no-rabbit", limits)
                    .env("OVATION_RABBITMQ_URI", "amqp://" + rabbit.address()));
        NodeProcess second =
            NodeProcess.start(
                spec("no-redis", limits).env("OVATION_REDIS_URI", "redis://" + redis.address()))) {
      // EX_UNAVAILABLE of sysexits.h.
      assertThat(first.awaitExit()).isEqualTo(69);
      assertThat(stopping(first)).contains("RabbitMQ", rabbit.address());
      assertThat(second.awaitExit()).isEqualTo(69);
      assertThat(stopping(second)).contains("Redis", redis.address());
      assertGrowing(rabbit.pauses());
      assertGrowing(redis.pauses());
    }
  }

  private static NodeSpec spec(String name, Map<String, String> settings) {
    NodeSpec spec = NodeSpec.named(name);
    for (Map.Entry<String, String> setting : settings.entrySet()) {
      spec = spec.env(setting.getKey(), setting.getValue());
    }
    return spec;
  }

  private static String stopping(NodeProcess node) {
    return node.log().lines().filter(line -> line.contains("stopping: ")).findFirst().orElse("");
  }

  private static void assertGrowing(List<Long> pauses) {
    assertThat(pauses).as("pauses in ms").hasSizeBetween(3, 40);
    int half = pauses.size() / 2;
    long early = Collections.min(pauses.subList(0, half));
    long late = Collections.max(pauses.subList(half, pauses.size()));
    assertThat(late).as("pauses in ms: %s", pauses).isGreaterThan(2 * Math.max(early, 10));
  }

  @Test
  void aNodeThatStartsBeforeItsServersServesOnceTheyAreThere() {
    try (RedisServer redis = new RedisServer()) {
      redis.kill();
      Servers.rabbit().kill();
      NodeSpec spec =
          NodeSpec.named("early")
              .env("OVATION_RABBITMQ_URI", Servers.rabbit().uri())
              .env("OVATION_REDIS_URI", redis.uri());
      try (NodeProcess node = NodeProcess.start(spec)) {
        Servers.rabbit().start();
        assertThat(node.alive()).isTrue();
        redis.start();
        node.awaitReady();
        try (TestViewer viewer = TestViewer.watch(node, "early", "bob")) {
          String id = node.api().accepted("early", "alice", "hi");
          viewer.awaitExactly(List.of(id), TestViewer.LIMIT);
        }
      } finally {
        Servers.rabbit().start();
      }
    }
  }
}
