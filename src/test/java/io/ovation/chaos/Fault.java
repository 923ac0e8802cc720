package io.ovation.chaos;

import io.ovation.testkit.FaultProxy;
import io.ovation.testkit.NodeProcess;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Random;

/** What can go wrong. Faults of different targets may overlap. */
enum Fault {
  /** {@code kill -9}; the others go on at once, so it counts as healed at once. */
  KILL_NODE(Target.NODE) {
    @Override
    Strike strike(ChaosCluster cluster, Random random) {
      NodeProcess node = node(cluster, random);
      node.kill();
      return new Strike(node.spec().name(), Duration.ZERO, () -> {});
    }
  },
  /** SIGTERM, as a deploy does it. */
  STOP_NODE(Target.NODE) {
    @Override
    Strike strike(ChaosCluster cluster, Random random) {
      NodeProcess node = node(cluster, random);
      int code = node.terminate();
      return new Strike(node.spec().name() + ", exit " + code, Duration.ZERO, () -> {});
    }
  },
  FREEZE_NODE(Target.NODE) {
    @Override
    Strike strike(ChaosCluster cluster, Random random) {
      NodeProcess node = node(cluster, random);
      node.pause();
      return new Strike(node.spec().name(), time(random, 1_000, 15_000), node::resume);
    }
  },
  KILL_BROKER(Target.BROKER) {
    @Override
    Strike strike(ChaosCluster cluster, Random random) {
      cluster.rabbit.kill();
      return new Strike("", time(random, 0, 3_000), cluster.rabbit::start);
    }
  },
  FREEZE_BROKER(Target.BROKER) {
    @Override
    Strike strike(ChaosCluster cluster, Random random) {
      cluster.rabbit.pause();
      return new Strike("", time(random, 500, 12_000), cluster.rabbit::resume);
    }
  },
  CLOSE_BROKER_CONNECTIONS(Target.BROKER) {
    @Override
    Strike strike(ChaosCluster cluster, Random random) {
      cluster.rabbit.closeConnections();
      return new Strike("", Duration.ZERO, () -> {});
    }
  },
  CUT_BROKER(Target.BROKER) {
    @Override
    Strike strike(ChaosCluster cluster, Random random) {
      return cut(cluster.toBroker, random);
    }
  },
  SLOW_BROKER(Target.BROKER) {
    @Override
    Strike strike(ChaosCluster cluster, Random random) {
      return slow(cluster.toBroker, random);
    }
  },
  /** Down to what makes RabbitMQ block its publishers. */
  FILL_BROKER_DISK(Target.BROKER) {
    @Override
    boolean possible(ChaosCluster cluster) {
      return cluster.brokerDisk != null;
    }

    @Override
    Strike strike(ChaosCluster cluster, Random random) {
      var disk = Objects.requireNonNull(cluster.brokerDisk);
      disk.fill(30 << 20);
      return new Strike("", time(random, 4_000, 12_000), disk::empty);
    }
  },
  KILL_STORE(Target.STORE) {
    @Override
    Strike strike(ChaosCluster cluster, Random random) {
      cluster.redis.kill();
      return new Strike("", time(random, 0, 8_000), cluster.redis::start);
    }
  },
  FREEZE_STORE(Target.STORE) {
    @Override
    Strike strike(ChaosCluster cluster, Random random) {
      cluster.redis.pause();
      return new Strike("", time(random, 20, 8_000), cluster.redis::resume);
    }
  },
  CUT_STORE(Target.STORE) {
    @Override
    Strike strike(ChaosCluster cluster, Random random) {
      return cut(cluster.toStore, random);
    }
  },
  SLOW_STORE(Target.STORE) {
    @Override
    Strike strike(ChaosCluster cluster, Random random) {
      return slow(cluster.toStore, random);
    }
  },
  /** Redis ends by itself when it cannot write. */
  FILL_STORE_DISK(Target.STORE) {
    @Override
    boolean possible(ChaosCluster cluster) {
      return cluster.storeDisk != null;
    }

    @Override
    Strike strike(ChaosCluster cluster, Random random) {
      var disk = Objects.requireNonNull(cluster.storeDisk);
      disk.fill(0);
      return new Strike(
          "",
          time(random, 2_000, 6_000),
          () -> {
            disk.empty();
            cluster.redis.start();
          });
    }
  },
  /** Redis comes back without what it wrote in its last second. */
  LOSE_LAST_SECOND(Target.STORE) {
    @Override
    Strike strike(ChaosCluster cluster, Random random) {
      cluster.redis.loseLast(Duration.ofSeconds(1));
      return new Strike("", time(random, 0, 3_000), cluster.redis::start);
    }
  },
  /** Packets between two nodes vanish. */
  CUT_TWO_NODES(Target.NETWORK) {
    @Override
    boolean possible(ChaosCluster cluster) {
      return cluster.networks;
    }

    @Override
    Strike strike(ChaosCluster cluster, Random random) {
      int one = random.nextInt(ChaosCluster.SIZE);
      int other = another(one, random);
      cluster.network().cut(one, other);
      return new Strike(
          "n%d and n%d".formatted(one, other),
          time(random, 2_000, 20_000),
          () -> cluster.network().heal(one, other));
    }
  },
  /** Packets between one node and all others vanish. */
  CUT_NODE_OFF(Target.NETWORK) {
    @Override
    boolean possible(ChaosCluster cluster) {
      return cluster.networks;
    }

    @Override
    Strike strike(ChaosCluster cluster, Random random) {
      int one = random.nextInt(ChaosCluster.SIZE);
      List<Integer> others = others(one);
      others.forEach(other -> cluster.network().cut(one, other));
      return new Strike(
          "n" + one,
          time(random, 2_000, 20_000),
          () -> others.forEach(other -> cluster.network().heal(one, other)));
    }
  },
  /** Packets from one node to another's event bus vanish; Hazelcast's do not. */
  CUT_EVENT_BUS(Target.NETWORK) {
    @Override
    boolean possible(ChaosCluster cluster) {
      return cluster.networks;
    }

    @Override
    Strike strike(ChaosCluster cluster, Random random) {
      int from = random.nextInt(ChaosCluster.SIZE);
      int to = another(from, random);
      int port = cluster.busPort(to);
      cluster.network().cutPort(from, to, port);
      return new Strike(
          "from n%d to n%d".formatted(from, to),
          time(random, 2_000, 15_000),
          () -> cluster.network().healPort(from, to, port));
    }
  },
  STEP_CLOCK(Target.CLOCK) {
    private static final List<Integer> SECONDS = List.of(-3_600, -30, 30, 3_600, 7_200, 90_000);

    @Override
    boolean possible(ChaosCluster cluster) {
      return cluster.clocks;
    }

    @Override
    Strike strike(ChaosCluster cluster, Random random) {
      int node = random.nextInt(ChaosCluster.SIZE);
      Duration step = Duration.ofSeconds(SECONDS.get(random.nextInt(SECONDS.size())));
      cluster.clock(node).step(step);
      return new Strike(
          "n%d by %+d s".formatted(node, step.toSeconds()),
          time(random, 3_000, 15_000),
          () -> cluster.clock(node).step(Duration.ZERO));
    }
  };

  /** What a fault concerns; of two that overlap, each has its own. */
  enum Target {
    NODE,
    BROKER,
    STORE,
    NETWORK,
    CLOCK
  }

  /**
   * A fault that has begun.
   *
   * @param what to whom, in words
   * @param lasts how long until it is to be healed
   * @param heal ends it; returns when it has ended
   */
  record Strike(String what, Duration lasts, Runnable heal) {}

  private final Target target;

  Fault(Target target) {
    this.target = target;
  }

  Target target() {
    return target;
  }

  /** Within what time after it all streams are served again: DESIGN's bounds. */
  Duration recovery() {
    return Duration.ofSeconds(target == Target.NETWORK ? 15 : 10);
  }

  boolean possible(ChaosCluster cluster) {
    return true;
  }

  abstract Strike strike(ChaosCluster cluster, Random random);

  private static NodeProcess node(ChaosCluster cluster, Random random) {
    return cluster.node(random.nextInt(ChaosCluster.SIZE));
  }

  private static List<Integer> others(int node) {
    return List.of((node + 1) % ChaosCluster.SIZE, (node + 2) % ChaosCluster.SIZE);
  }

  private static int another(int node, Random random) {
    return others(node).get(random.nextInt(2));
  }

  private static Duration time(Random random, int leastMs, int mostMs) {
    return Duration.ofMillis(random.nextInt(leastMs, mostMs + 1));
  }

  /** The links of one node or, as often, of all. */
  private static Strike cut(List<FaultProxy> links, Random random) {
    int node = random.nextInt(2 * ChaosCluster.SIZE);
    List<FaultProxy> some = some(links, node);
    some.forEach(FaultProxy::cut);
    return new Strike(
        name(node), time(random, 1_000, 12_000), () -> some.forEach(FaultProxy::heal));
  }

  private static Strike slow(List<FaultProxy> links, Random random) {
    int node = random.nextInt(2 * ChaosCluster.SIZE);
    Duration delay = time(random, 20, 400);
    List<FaultProxy> some = some(links, node);
    some.forEach(link -> link.slow(delay));
    return new Strike(
        "%s, each part %d ms later".formatted(name(node), delay.toMillis()),
        time(random, 2_000, 12_000),
        () -> some.forEach(FaultProxy::heal));
  }

  private static List<FaultProxy> some(List<FaultProxy> links, int node) {
    return node < ChaosCluster.SIZE ? List.of(links.get(node)) : links;
  }

  private static String name(int node) {
    return node < ChaosCluster.SIZE ? "of n" + node : "of all nodes";
  }
}
