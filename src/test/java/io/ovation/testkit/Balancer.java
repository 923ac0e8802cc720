package io.ovation.testkit;

import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/** What a load balancer knows: which nodes say that they are ready. It asks them all the time. */
public final class Balancer implements AutoCloseable {
  private static final Duration PAUSE = Duration.ofMillis(200);

  private final int[] ports;
  private final Thread thread = new Thread(this::ask, "balancer");
  private volatile int[] ready;
  private volatile boolean closed;

  public Balancer(List<NodeProcess> nodes) {
    ports = nodes.stream().mapToInt(NodeProcess::port).toArray();
    ready = ports;
    thread.setDaemon(true);
    thread.start();
  }

  /** One of the ready nodes, at random; any node if none is ready. */
  public int pick() {
    int[] now = ready.length == 0 ? ports : ready;
    return now[ThreadLocalRandom.current().nextInt(now.length)];
  }

  private void ask() {
    while (!closed) {
      ready = Arrays.stream(ports).filter(Balancer::ready).toArray();
      Await.pass(PAUSE);
    }
  }

  private static boolean ready(int port) {
    try {
      return new Api(port).get("/health/ready").status() == 200;
    } catch (UncheckedIOException notListening) {
      return false;
    }
  }

  @Override
  public void close() {
    closed = true;
  }
}
