package io.ovation.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.testkit.Await;
import io.ovation.testkit.CommentLoad;
import io.ovation.testkit.Contention;
import io.ovation.testkit.Crowd;
import io.ovation.testkit.CrowdProtocol;
import io.ovation.testkit.NodeProcess;
import io.ovation.testkit.NodeSpec;
import io.ovation.testkit.ReactionLoad;
import io.ovation.testkit.ReactionLog;
import io.ovation.testkit.ShowLogs;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Viewers get exact totals of reactions twice a second, at any rate of reactions, and comments are
 * not held up. {@code bin/bench-reactions} measures it with 5,000 viewers and 200,000 reactions/s.
 */
@Tag("alone")
@ExtendWith(ShowLogs.class)
class ReactionCrowdIT {
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final String PUSHES = "ovation_dispatch_reactions_pushes_total";
  private static final int VIEWERS = 300;
  private static final int PER_SECOND = 20_000;
  private static final int COMMENTS = 10;
  private static final Duration TIME = Duration.ofSeconds(8);

  /** Within which 99 of 100 viewers see a comment while reactions pour in. */
  private static final Duration REAL_TIME = Duration.ofSeconds(1);

  @Test
  void viewersGetExactTotalsAtMostTwiceASecond() {
    ReactionLog log = new ReactionLog();
    try (NodeProcess node = NodeProcess.start(NodeSpec.named("reactions")).awaitReady();
        Crowd crowd = new Crowd(CrowdProtocol.plain("rc"), log, 0, node.port())) {
      crowd.open(VIEWERS, LIMIT);
      try (ReactionLoad load = new ReactionLoad(crowd, node.port(), "rc");
          CommentLoad comments = CommentLoad.start(List.of(node), List.of("rc"), COMMENTS)) {
        react(node, log, load);
        comments.finish(LIMIT);
        crowd.awaitEach(comments.accepted("rc").size(), LIMIT);
        assertThat(comments.total()).isGreaterThan(COMMENTS * TIME.toSeconds() / 2);
        Duration slowest = Duration.ofNanos(crowd.takeLatencies().getValueAtPercentile(99));
        assertThat(slowest).isLessThan(Contention.allowedFor(REAL_TIME));
      }
      crowd.check();
    }
  }

  private static void react(NodeProcess node, ReactionLog log, ReactionLoad load) {
    long begun = System.nanoTime();
    load.start(PER_SECOND, TIME);
    load.finish(LIMIT);
    assertThat(load.refused()).isZero();
    long likes = load.sent() + load.accepted();
    assertThat(likes).isEqualTo(PER_SECOND * TIME.toSeconds());
    Await.until(() -> likes + " likes to be told: " + log, LIMIT, () -> log.at(likes) == VIEWERS);
    // One at the end of each window.
    double most = Duration.ofNanos(System.nanoTime() - begun).toMillis() / 500.0 + 1;
    assertThat((double) log.mostPushes()).isBetween(2.0, most);
    assertThat(node.metrics().sum(PUSHES)).isLessThanOrEqualTo(most);
  }
}
