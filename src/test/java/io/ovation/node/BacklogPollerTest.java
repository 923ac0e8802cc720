package io.ovation.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.metrics.Metrics;
import io.ovation.queue.Broker;
import io.ovation.queue.Lane;
import io.ovation.queue.QueueName;
import io.ovation.testkit.FakeCluster;
import io.vertx.core.Future;
import java.lang.reflect.Proxy;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class BacklogPollerTest {
  private boolean consumed;
  private long now = 1;
  private long oldestMs;
  private final Map<QueueName, Long> depths = new HashMap<>();
  private final FakeCluster cluster = new FakeCluster("n1");
  private final Metrics metrics = new Metrics();
  private final BacklogPoller poller =
      new BacklogPoller(
          cluster,
          broker(),
          Map.of("jobs", Set.of(Lane.HIGH)),
          2,
          queue -> consumed,
          () -> Instant.ofEpochMilli(100_000),
          () -> now,
          metrics);

  @Test
  void theFirstMemberShowsEachPartitionWhetherOrNotAnybodyConsumesIt() {
    cluster.setMembers("n1", "n2");
    depths.put(new QueueName("jobs", Lane.HIGH, 1), 7L);
    poller.poll();
    assertThat(backlog(0)).isZero();
    assertThat(backlog(1)).isEqualTo(7);
  }

  @Test
  void othersShowNothingSoThatTheSumIsRight() {
    cluster.setMembers("n1");
    depths.put(new QueueName("jobs", Lane.HIGH, 1), 7L);
    poller.poll();
    cluster.setMembers("n0", "n1");
    poller.poll();
    assertThat(backlog(1)).isZero();
  }

  /** Without an entry the broker below throws. */
  @Test
  void aQueueThatCannotBeCountedKeepsItsValueAndTheOthersAreCounted() {
    cluster.setMembers("n1");
    depths.put(new QueueName("jobs", Lane.HIGH, 0), -1L);
    depths.put(new QueueName("jobs", Lane.HIGH, 1), 3L);
    poller.poll();
    assertThat(backlog(1)).isEqualTo(3);
    depths.put(new QueueName("jobs", Lane.HIGH, 1), 4L);
    poller.poll();
    assertThat(backlog(1)).isEqualTo(4);
  }

  @Test
  void theAgeOfTheOldestItemIsKnownToItsConsumerAndWithoutOneToTheFirstMember() {
    cluster.setMembers("n1");
    depths.put(new QueueName("jobs", Lane.HIGH, 1), 7L);
    measure();
    assertThat(oldest()).isZero();
    now += 65_000_000_000L;
    measure();
    assertThat(oldest()).isEqualTo(65);
    // A consumer comes, on this node or another one.
    consumed = true;
    oldestMs = 98_000;
    measure();
    assertThat(oldest()).isEqualTo(2);
    cluster.setMembers("n0", "n1");
    oldestMs = 0;
    measure();
    assertThat(oldest()).isZero();
    // It has gone again: the age begins with what is seen from now on.
    consumed = false;
    cluster.setMembers("n1");
    measure();
    now += 5_000_000_000L;
    measure();
    assertThat(oldest()).isEqualTo(5);
    depths.put(new QueueName("jobs", Lane.HIGH, 1), 0L);
    measure();
    assertThat(oldest()).isZero();
  }

  /** A value between the two steps of a poll would reset what an alert waits for. */
  @Test
  void theAgeIsKeptUntilTheQueueIsCountedAgain() {
    cluster.setMembers("n1");
    depths.put(new QueueName("jobs", Lane.HIGH, 1), 7L);
    measure();
    now += 65_000_000_000L;
    measure();
    poller.measureOldest();
    assertThat(oldest()).isEqualTo(65);
    now += 5_000_000_000L;
    poller.poll();
    assertThat(oldest()).isEqualTo(70);
    depths.put(new QueueName("jobs", Lane.HIGH, 1), 0L);
    poller.measureOldest();
    assertThat(oldest()).isEqualTo(70);
    poller.poll();
    assertThat(oldest()).isZero();
  }

  private void measure() {
    poller.measureOldest();
    poller.poll();
  }

  private double oldest() {
    return value("ovation.queue.oldest.seconds", 1);
  }

  private double backlog(int partition) {
    return value("ovation.queue.backlog", partition);
  }

  private double value(String gauge, int partition) {
    return metrics
        .registry()
        .get(gauge)
        .tags("queue", "jobs", "lane", "high", "partition", Integer.toString(partition))
        .gauge()
        .value();
  }

  private Broker broker() {
    return (Broker)
        Proxy.newProxyInstance(
            Broker.class.getClassLoader(),
            new Class<?>[] {Broker.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("oldestMs")) {
                return oldestMs;
              }
              long depth = depths.getOrDefault((QueueName) arguments[0], 0L);
              if (depth < 0) {
                throw new IllegalStateException("thrown by a test");
              }
              return Future.succeededFuture(depth);
            });
  }
}
