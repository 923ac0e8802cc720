package io.ovation.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.testkit.NodeProcess;
import io.ovation.testkit.NodeSpec;
import io.ovation.testkit.ShowLogs;
import io.ovation.testkit.TestViewer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The dispatcher sends no faster than it is told to, and loses nothing by it. */
@ExtendWith(ShowLogs.class)
class DispatchRateIT {
  private static final int PER_SECOND = 20;
  private static final int COMMENTS = 100;

  @Test
  void commentsWaitInTheQueueBeyondTheRate() {
    NodeSpec limited =
        NodeSpec.named("limited").env("OVATION_DISPATCH_RATE", String.valueOf(PER_SECOND));
    try (NodeProcess node = NodeProcess.start(limited).awaitReady();
        TestViewer viewer = TestViewer.watch(node, "slow", "bob")) {
      long begun = System.nanoTime();
      List<String> ids = new ArrayList<>();
      for (int i = 0; i < COMMENTS; i++) {
        ids.add(node.api().accepted("slow", "alice", "text " + i));
      }
      viewer.awaitExactly(ids, TestViewer.LIMIT);
      // The first second's worth goes at once. Only a lower bound: a busy machine is slower still.
      Duration least = Duration.ofSeconds((COMMENTS - PER_SECOND) / PER_SECOND);
      assertThat(Duration.ofNanos(System.nanoTime() - begun)).isGreaterThanOrEqualTo(least);
      assertThat(node.metrics().sum("ovation_dispatch_limited_total")).isPositive();
    }
  }
}
