package io.ovation.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.testkit.FakeCluster;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class DispatcherWatchTest {
  private final FakeCluster cluster = new FakeCluster("here").join("here", Role.INGRESS);
  private long now = 1;
  private final DispatcherWatch watch = new DispatcherWatch(cluster, () -> now);

  @BeforeEach
  void thisNodeIsUp() {
    watch.refresh();
  }

  @Test
  void aClusterThatNeverHadADispatcherIsNotReady() {
    assertThat(watch.present()).isFalse();
    // It may have packages only.
    assertThat(watch.state().result()).contains("no live node has the role dispatch");
    cluster.join("other", Role.SUPERVISE);
    assertThat(watch.state().cause()).hasMessageContaining("no live node has the role dispatch");
  }

  @Test
  void itIsReadyAsSoonAsOneIsThere() {
    cluster.join("other", Role.DISPATCH);
    assertThat(watch.present()).isTrue();
    assertThat(watch.state().succeeded()).isTrue();
  }

  @Test
  void aDispatcherThatRestartsIsMissedOnlyAfterAWhile() {
    cluster.join("viewers", Role.SUPERVISE);
    cluster.join("other", Role.DISPATCH);
    cluster.leave("other");
    assertThat(watch.present()).isFalse();
    assertThat(watch.state().succeeded()).isTrue();
    now += DispatcherWatch.GRACE.toNanos() - 1;
    assertThat(watch.state().succeeded()).isTrue();
    now += TimeUnit.SECONDS.toNanos(1);
    assertThat(watch.state().failed()).isTrue();
    cluster.join("other", Role.DISPATCH);
    assertThat(watch.state().succeeded()).isTrue();
  }

  @Test
  void oneOfTwoThatLeavesIsNotMissed() {
    cluster
        .join("viewers", Role.SUPERVISE)
        .join("one", Role.DISPATCH)
        .join("two", Role.DISPATCH)
        .leave("one");
    now += TimeUnit.HOURS.toNanos(1);
    assertThat(watch.state().succeeded()).isTrue();
  }
}
