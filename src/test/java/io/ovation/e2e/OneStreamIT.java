package io.ovation.e2e;

import static io.ovation.testkit.TestCluster.ALL;
import static io.ovation.testkit.TestCluster.SUPERVISE;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.testkit.Await;
import io.ovation.testkit.NodeProcess;
import io.ovation.testkit.ShowLogs;
import io.ovation.testkit.TestCluster;
import io.ovation.testkit.TestViewer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A user watches one stream at a time, whichever nodes the user's connections are on. */
@ExtendWith(ShowLogs.class)
class OneStreamIT {
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final int ELSEWHERE = 4502;
  private static TestCluster cluster;

  @BeforeAll
  static void start() {
    cluster = TestCluster.start(ALL, SUPERVISE, SUPERVISE);
  }

  @AfterAll
  static void stop() {
    cluster.close();
  }

  @Test
  void aSecondStreamOnAnotherNodeEndsTheFirstWithinTwoSeconds() {
    List<Long> waits = new ArrayList<>();
    for (int user = 0; user < 9; user++) {
      String name = "second-" + user;
      Await.until("nobody to be kept", LIMIT, () -> kept() == 0);
      try (TestViewer first = TestViewer.watch(cluster.node(user % 3), "one", name)) {
        Await.until("the first to be kept", LIMIT, () -> kept() == 1);
        try (TestViewer second = TestViewer.watch(cluster.node((user + 1) % 3), "two", name)) {
          long begun = System.nanoTime();
          first.awaitClosed();
          waits.add(Duration.ofNanos(System.nanoTime() - begun).toMillis());
          assertThat(first.closeCode()).isEqualTo(ELSEWHERE);
          assertThat(first.all("error").get(0).getString("code")).isEqualTo("elsewhere");
          assertThat(second.closed()).isFalse();
        }
      }
    }
    // One pause of a busy machine is not the server's.
    assertThat(waits.stream().sorted().toList().get(6)).isLessThan(2_000);
  }

  @Test
  void theSameStreamOnSeveralNodesIsAllowed() {
    List<TestViewer> tabs = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      tabs.add(TestViewer.watch(cluster.node(i % 3), "same", "tabs"));
    }
    // A viewer that had to be ended would be by the time that a later one is.
    try (TestViewer before = TestViewer.watch(cluster.node(0), "other-1", "witness");
        TestViewer after = TestViewer.watch(cluster.node(1), "other-2", "witness")) {
      before.awaitClosed();
      assertThat(after.closed()).isFalse();
      assertThat(tabs).noneMatch(TestViewer::closed);
    }
    try (TestViewer leaves = TestViewer.watch(cluster.node(2), "another", "tabs")) {
      tabs.forEach(TestViewer::awaitClosed);
      assertThat(leaves.closed()).isFalse();
    }
  }

  @Test
  void aViewerThatSwitchesQuicklyEndsOnTheNewestStream() {
    for (int round = 0; round < 3; round++) {
      List<TestViewer> all = new ArrayList<>();
      Await.until("nobody to be kept", LIMIT, () -> kept() == 0);
      for (int i = 0; i < 5; i++) {
        all.add(TestViewer.watch(cluster.node((round + i) % 3), "quick-" + i, "hasty" + round));
      }
      Await.until("one to be kept", LIMIT, () -> kept() == 1);
      TestViewer newest =
          TestViewer.watch(cluster.node((round + 5) % 3), "quick-5", "hasty" + round);
      all.forEach(TestViewer::awaitClosed);
      try (newest;
          TestViewer alone = TestViewer.watch(cluster.node(round), "quick-5", "hasty" + round)) {
        assertThat(newest.closed()).isFalse();
        assertThat(alone.closed()).isFalse();
      }
    }
  }

  @Test
  void whatNobodyWatchesIsNotKept() {
    try (TestViewer stays = TestViewer.watch(cluster.node(1), "kept", "stays")) {
      List<TestViewer> leave = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        leave.add(TestViewer.watch(cluster.node(i % 3), "kept", "leaves-" + i));
      }
      Await.until("21 to be kept", LIMIT, () -> kept() == 21);
      leave.forEach(TestViewer::close);
      Await.until("one to be kept", LIMIT, () -> kept() == 1);
      assertThat(stays.closed()).isFalse();
    }
    Await.until("none to be kept", LIMIT, () -> kept() == 0);
  }

  @Test
  void aUserWhoseOwnerNodeDiedStillWatchesOneStream() {
    List<TestViewer> before = new ArrayList<>();
    NodeProcess survivor = cluster.node(1);
    for (int user = 0; user < 12; user++) {
      before.add(TestViewer.watch(survivor, "before", "orphan-" + user));
    }
    try {
      Await.until("all to be kept", LIMIT, () -> kept() == 12);
      cluster.node(2).kill();
      Await.until("all to be kept by those left", LIMIT, () -> kept() == 12);
      List<TestViewer> after = new ArrayList<>();
      for (int user = 0; user < 12; user++) {
        after.add(TestViewer.watch(cluster.node(0), "after", "orphan-" + user));
      }
      before.forEach(TestViewer::awaitClosed);
      assertThat(after).noneMatch(TestViewer::closed);
      after.forEach(TestViewer::close);
    } finally {
      cluster.restart(2);
    }
    // A new node takes its share: it receives the watches of its users.
    List<TestViewer> late = new ArrayList<>();
    for (int user = 0; user < 12; user++) {
      late.add(TestViewer.watch(cluster.node(user % 3), "late", "late-" + user));
    }
    Await.until("the new node to keep some", LIMIT, () -> cluster.node(2).metrics().sum(KEPT) > 0);
    Await.until("all to be kept once", LIMIT, () -> kept() == 12);
    late.forEach(TestViewer::close);
    Await.until("none to be kept", LIMIT, () -> kept() == 0);
  }

  private static final String KEPT = "ovation_supervise_watches";

  private static double kept() {
    return cluster.sum(KEPT);
  }
}
