package io.ovation.queue.rabbit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ovation.queue.Lane;
import io.vertx.core.Future;
import io.vertx.rabbitmq.RabbitMQClient;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class TopologyTest {
  private static final int DELAYS = 17;

  private final Topology topology = new Topology();
  private final List<String> queues = new ArrayList<>();
  private final List<String> calls = new ArrayList<>();
  private @Nullable String failing;

  /** Answers everything at once. */
  private final RabbitMQClient client =
      RecordingChannel.proxy(
          RabbitMQClient.class,
          (proxy, method, arguments) -> {
            String name = "" + arguments[0];
            calls.add(method.getName() + " " + name);
            if (method.getName().equals("queueDeclare") && name.equals(failing)) {
              return Future.failedFuture("no leader yet");
            }
            if (method.getName().equals("queueDeclare")) {
              queues.add(name);
            }
            return Future.succeededFuture();
          });

  @Test
  void eachQueueIsDeclaredOnce() throws Exception {
    topology.add("a", Set.of(Lane.NORMAL), 2);
    declare();
    assertThat(queues)
        .hasSize(DELAYS + 3)
        .contains("ovation.a.dead", "ovation.a.normal.0", "ovation.a.normal.1");
    calls.clear();
    declare();
    topology.add("a", Set.of(Lane.NORMAL), 2);
    declare();
    assertThat(calls).isEmpty();
  }

  @Test
  void nextQueueIsDeclaredWithoutTheFormerOnes() throws Exception {
    topology.add("a", Set.of(Lane.NORMAL), 2);
    declare();
    queues.clear();
    topology.add("b", Set.of(Lane.LOW), 1);
    declare();
    assertThat(queues).containsExactlyInAnyOrder("ovation.b.dead", "ovation.b.low.0");
  }

  @Test
  void newConnectionDeclaresAllOnceMore() throws Exception {
    topology.add("a", Set.of(Lane.NORMAL), 2);
    declare();
    queues.clear();
    topology.forgetDeclared();
    declare();
    assertThat(queues).hasSize(DELAYS + 3);
    queues.clear();
    declare();
    assertThat(queues).isEmpty();
  }

  @Test
  void failedDeclareIsDoneAgainAlone() throws Exception {
    topology.add("a", Set.of(Lane.NORMAL), 1);
    declare();
    topology.add("b", Set.of(Lane.NORMAL), 1);
    failing = "ovation.b.normal.0";
    assertThatThrownBy(() -> topology.declareMissing(client)).hasMessage("no leader yet");
    queues.clear();
    failing = null;
    declare();
    assertThat(queues).contains("ovation.b.normal.0").doesNotContain("ovation.a.normal.0");
    assertThat(calls).contains("queueBind ovation.b.normal.0");
  }

  @Test
  void declareThatALostConnectionAnsweredDoesNotCountForTheNextOne() throws Exception {
    topology.add("a", Set.of(Lane.NORMAL), 1);
    RabbitMQClient reconnects =
        RecordingChannel.proxy(
            RabbitMQClient.class,
            (proxy, method, arguments) -> {
              if (arguments[0].equals("ovation.a.dead")) {
                topology.forgetDeclared();
              }
              return Future.succeededFuture();
            });
    topology.declareMissing(reconnects);
    declare();
    assertThat(queues).hasSize(DELAYS + 2);
  }

  private void declare() throws Exception {
    topology.declareMissing(client);
  }
}
