package io.ovation.e2e;

import static io.ovation.testkit.TestCluster.ALL;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.testkit.Await;
import io.ovation.testkit.CommentLoad;
import io.ovation.testkit.Contention;
import io.ovation.testkit.Crowd;
import io.ovation.testkit.CrowdMember;
import io.ovation.testkit.CrowdProtocol;
import io.ovation.testkit.NonEventMessages;
import io.ovation.testkit.ReconnectTimes;
import io.ovation.testkit.ShowLogs;
import io.ovation.testkit.StreamViewers;
import io.ovation.testkit.TestCluster;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A crowd on bad networks; {@code -Dcrowd=full} for the whole of it. */
@ExtendWith(ShowLogs.class)
class FlappingIT {
  private static final Logger log = LoggerFactory.getLogger(FlappingIT.class);
  private static final boolean FULL = "full".equals(System.getProperty("crowd"));
  private static final int CLIENTS = FULL ? 5_000 : 1_200;
  private static final Duration TIME = FULL ? Duration.ofMinutes(2) : Duration.ofSeconds(25);
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final int EVERY_MS = 15_000;
  private static final int AWAY_MS = 2_000;
  private static final int PER_SECOND = 10;

  /** Each is cut off without a word, and two seconds later comes to either node. */
  private static final class Flapping implements Crowd.Listener {
    private final ReconnectTimes reconnects;
    private final int[] ports;
    volatile boolean over = true;

    Flapping(ReconnectTimes reconnects, int... ports) {
      this.reconnects = reconnects;
      this.ports = ports;
    }

    /** All are in: from now on they are cut off, each at a time of its own. */
    void begin(Crowd crowd) {
      over = false;
      crowd
          .members()
          .forEach(
              member ->
                  member.later(() -> cut(member), ThreadLocalRandom.current().nextInt(EVERY_MS)));
    }

    @Override
    public void received(CrowdMember member, NonEventMessages.Message message) {
      if (message.type().equals("watching") && !over) {
        member.later(() -> cut(member), EVERY_MS - AWAY_MS);
      }
    }

    private void cut(CrowdMember member) {
      if (!over) {
        member.drop();
      }
    }

    @Override
    public void left(CrowdMember member) {
      member.reconnectAfter(AWAY_MS);
    }

    @Override
    public int port(CrowdMember member, int usual) {
      reconnects.begun(member);
      return ports[ThreadLocalRandom.current().nextInt(ports.length)];
    }
  }

  @Test
  void viewersCutOffEveryFifteenSecondsMissNothingAndSeeNothingTwice() {
    List<String> streams = StreamViewers.streams("flapping", 1);
    try (TestCluster cluster = TestCluster.start(ALL, ALL);
        ReconnectTimes reconnects = new ReconnectTimes(1)) {
      int[] ports = {cluster.node(0).port(), cluster.node(1).port()};
      Flapping flapping = new Flapping(reconnects, ports);
      try (Crowd crowd = new Crowd(CrowdProtocol.plain(streams.get(0)), flapping, 0, ports)) {
        crowd.open(CLIENTS, LIMIT);
        reconnects.start(crowd);
        flapping.begin(crowd);
        try (CommentLoad comments = CommentLoad.start(cluster.nodes(), streams, PER_SECOND)) {
          Await.pass(TIME);
          flapping.over = true;
          comments.finish(LIMIT);
          long total = comments.accepted(streams.get(0)).size();
          Await.until(
              () -> crowd.watching() + " are back", LIMIT, () -> crowd.watching() == CLIENTS);
          crowd.awaitEach(total, LIMIT);
          log.info(
              "{} clients, {} cuts, {} comments: {}", CLIENTS, crowd.lost(), total, reconnects);
          assertThat(crowd.counts()).containsOnlyKeys(total);
          assertThat(crowd.disordered() + crowd.gaps()).isZero();
          assertThat(total).isGreaterThan(TIME.toSeconds() * PER_SECOND / 2);
          assertThat(reconnects.count()).isGreaterThan(CLIENTS);
          assertThat(Duration.ofMillis(reconnects.percentile(99)))
              .as("%s", reconnects)
              .isLessThan(Contention.allowedFor(Duration.ofSeconds(3)));
        }
      }
    }
  }
}
