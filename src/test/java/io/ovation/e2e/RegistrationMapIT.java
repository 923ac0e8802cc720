package io.ovation.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.hazelcast.cluster.Member;
import com.hazelcast.config.InMemoryXmlConfig;
import com.hazelcast.core.Hazelcast;
import com.hazelcast.core.HazelcastInstance;
import io.ovation.queue.Partitions;
import io.ovation.testkit.Await;
import io.ovation.testkit.ClusterXml;
import io.ovation.testkit.NodeProcess;
import io.ovation.testkit.NodeSpec;
import io.ovation.testkit.ShowLogs;
import io.ovation.testkit.TestViewer;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A node's stream registrations, as another Hazelcast member reads them in the distributed map. */
@ExtendWith(ShowLogs.class)
class RegistrationMapIT {
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final String STREAM = "registered";

  private static NodeProcess node;
  private static HazelcastInstance observer;

  @BeforeAll
  static void start() {
    List<ClusterXml> files = ClusterXml.of(2);
    node =
        NodeProcess.start(
                NodeSpec.named("registered").in(files.get(0)).env("OVATION_SUPERVISE_LINGER", "1s"))
            .awaitReady();
    observer = Hazelcast.newHazelcastInstance(new InMemoryXmlConfig(files.get(1).text()));
  }

  @AfterAll
  static void stop() {
    observer.getLifecycleService().terminate();
    node.close();
  }

  @Test
  void theEntryOfAStreamAppearsWithItsFirstViewerAndVanishesAfterItsLast() {
    assertThat(observer.getCluster().getMembers()).hasSize(2);
    assertThat(entries()).isEmpty();
    String entry = STREAM + " " + nodeId();
    try (TestViewer first = TestViewer.watch(node, STREAM, "alice")) {
      assertThat(entries()).containsExactly(entry);
      // With one of two members as its backup, the node holds it in any case.
      Await.until("its metric", LIMIT, () -> held("entries") >= 1 && held("bytes") > 0);
      try (TestViewer second = TestViewer.watch(node, STREAM, "bob")) {
        first.awaitMessage("viewers", m -> m.getLong("count") == 2);
        assertThat(entries()).containsExactly(entry);
        second.awaitWatching();
      }
      first.awaitMessage("viewers", m -> m.getLong("count") == 1);
      assertThat(entries()).containsExactly(entry);
    }
    Await.until("the entry to vanish", LIMIT, () -> entries().isEmpty());
  }

  private static double held(String what) {
    return node.metrics().sum("ovation_hazelcast_map_" + what);
  }

  private static Set<String> entries() {
    int partition = new Partitions(16).of(STREAM);
    return observer.<String, Boolean>getMap("ovation.registrations." + partition).keySet();
  }

  private static String nodeId() {
    return observer.getCluster().getMembers().stream()
        .filter(member -> !member.localMember())
        .map((Member member) -> member.getAttribute("__vertx.nodeId"))
        .map(Objects::requireNonNull)
        .findFirst()
        .orElseThrow();
  }
}
