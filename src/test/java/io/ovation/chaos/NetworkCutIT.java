package io.ovation.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.testkit.Await;
import io.ovation.testkit.CommentLoad;
import io.ovation.testkit.Contention;
import io.ovation.testkit.ShowLogs;
import io.ovation.testkit.StreamViewers;
import io.ovation.testkit.TestOrigin;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The network between nodes is cut and healed, while each node reaches RabbitMQ and Redis. */
@Tag("alone")
@ExtendWith(ShowLogs.class)
class NetworkCutIT {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final Duration CUT = Duration.ofSeconds(20);
  private static final Duration HEALED = Duration.ofSeconds(15);

  private final Vertx vertx = Vertx.vertx();
  private TestOrigin origin;
  private ChaosCluster cluster;

  @BeforeEach
  void start() {
    origin = new TestOrigin();
    cluster = new ChaosCluster(vertx, origin, 4);
    assertThat(cluster.networks).as("needs root, to make network namespaces").isTrue();
  }

  @AfterEach
  void stop() {
    cluster.close();
    origin.close();
    vertx.close();
  }

  @Test
  void halvesThatWereCutFromEachOtherMissNothingWithin15Seconds() {
    List<String> streams = StreamViewers.streams("halves", 16);
    try (StreamViewers viewers = StreamViewers.watch(cluster.nodes(), streams, 1);
        CommentLoad load = CommentLoad.start(cluster.nodes(), streams, 50)) {
      load.awaitMore(100, LIMIT);
      halves(true);
      Await.pass(CUT);
      halves(false);
      Await.pass(HEALED);
      load.awaitMore(100, LIMIT);
      load.finish(LIMIT);
      viewers.awaitExactly(load::accepted, Contention.allowedFor(Duration.ofSeconds(5)));
      viewers.checkSameOffsets();
      viewers.checkConnected();
    }
  }

  private void halves(boolean cut) {
    for (int one = 0; one < 2; one++) {
      for (int other = 2; other < 4; other++) {
        if (cut) {
          cluster.network().cut(one, other);
        } else {
          cluster.network().heal(one, other);
        }
      }
    }
  }
}
