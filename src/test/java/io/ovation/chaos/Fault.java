package io.ovation.chaos;

import io.ovation.testkit.Await;
import io.ovation.testkit.NodeProcess;
import io.ovation.testkit.Servers;
import io.ovation.testkit.TestCluster;
import java.time.Duration;
import java.util.Random;

/** What can go wrong. Each strikes, lasts, and is healed when {@link #strike} returns. */
enum Fault {
  /** {@code kill -9}; the others go on at once, so it counts as healed when the process is gone. */
  KILL_NODE(true) {
    @Override
    String strike(TestCluster cluster, Random random) {
      NodeProcess node = any(cluster, random);
      node.kill();
      return node.spec().name();
    }
  },
  /** SIGTERM, as a deploy does it. */
  STOP_NODE(true) {
    @Override
    String strike(TestCluster cluster, Random random) {
      NodeProcess node = any(cluster, random);
      int code = node.terminate();
      return node.spec().name() + ", exit " + code;
    }
  },
  FREEZE_NODE(false) {
    @Override
    String strike(TestCluster cluster, Random random) {
      NodeProcess node = any(cluster, random);
      node.pause();
      String lasted = last(random, 1_000, 15_000);
      node.resume();
      return node.spec().name() + " for " + lasted;
    }
  },
  KILL_BROKER(false) {
    @Override
    String strike(TestCluster cluster, Random random) {
      Servers.rabbit().kill();
      String lasted = last(random, 0, 3_000);
      Servers.rabbit().start();
      return "for " + lasted + " and its start";
    }
  },
  FREEZE_BROKER(false) {
    @Override
    String strike(TestCluster cluster, Random random) {
      Servers.rabbit().pause();
      String lasted = last(random, 500, 12_000);
      Servers.rabbit().resume();
      return "for " + lasted;
    }
  },
  CLOSE_BROKER_CONNECTIONS(false) {
    @Override
    String strike(TestCluster cluster, Random random) {
      Servers.rabbit().closeConnections();
      return "";
    }
  },
  KILL_STORE(false) {
    @Override
    String strike(TestCluster cluster, Random random) {
      Servers.redis().kill();
      String lasted = last(random, 0, 8_000);
      Servers.redis().start();
      return "for " + lasted;
    }
  },
  FREEZE_STORE(false) {
    @Override
    String strike(TestCluster cluster, Random random) {
      Servers.redis().pause();
      String lasted = last(random, 20, 8_000);
      Servers.redis().resume();
      return "for " + lasted;
    }
  };

  private final boolean endsNode;

  Fault(boolean endsNode) {
    this.endsNode = endsNode;
  }

  /** Whether a node is dead afterwards, to be started again. */
  boolean endsNode() {
    return endsNode;
  }

  /** Lets it happen; returns, in words, to what and for how long. */
  abstract String strike(TestCluster cluster, Random random);

  private static NodeProcess any(TestCluster cluster, Random random) {
    return cluster.node(random.nextInt(cluster.nodes().size()));
  }

  private static String last(Random random, int leastMs, int mostMs) {
    long ms = random.nextInt(leastMs, mostMs + 1);
    Await.pass(Duration.ofMillis(ms));
    return ms + " ms";
  }
}
