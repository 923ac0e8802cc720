package io.ovation.testkit;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.IntStream;

/** What a load balancer knows: which nodes say that they are ready. It asks them all the time. */
public final class Balancer implements AutoCloseable {
  private static final Duration PAUSE = Duration.ofMillis(200);

  /** A node that takes longer is not ready, as with any load balancer. */
  private static final Duration PATIENCE = Duration.ofSeconds(2);

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
      List<CompletableFuture<Boolean>> answers =
          Arrays.stream(ports).mapToObj(Balancer::asked).toList();
      ready =
          IntStream.range(0, ports.length)
              .filter(i -> answers.get(i).join())
              .map(i -> ports[i])
              .toArray();
      Await.pass(PAUSE);
    }
  }

  private static CompletableFuture<Boolean> asked(int port) {
    return new Api(port, PATIENCE)
        .getAsync("/health/ready")
        .handle((answer, notListening) -> notListening == null && answer.status() == 200);
  }

  @Override
  public void close() {
    closed = true;
  }
}
