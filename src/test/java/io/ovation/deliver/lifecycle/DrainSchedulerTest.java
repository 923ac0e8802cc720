package io.ovation.deliver.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.deliver.DeliveryMetrics;
import io.ovation.deliver.FakeViewer;
import io.ovation.deliver.Viewer;
import io.ovation.deliver.fanout.DenseArray;
import io.ovation.deliver.protocol.CloseCode;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class DrainSchedulerTest {
  private static final long PERIOD = 10_000;
  private static final long SPREAD = 2_000;

  private final DeliveryMetrics metrics = FakeViewer.metrics();
  private final DenseArray<Viewer> connections =
      new DenseArray<>(v -> v.connectionIndex, (v, index) -> v.connectionIndex = index);
  private final DrainScheduler scheduler =
      new DrainScheduler(connections, metrics, new SplittableRandom(1));

  private List<FakeViewer> viewers(int count) {
    List<FakeViewer> viewers = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      FakeViewer viewer = new FakeViewer(metrics);
      connections.add(viewer);
      viewers.add(viewer);
    }
    return viewers;
  }

  private static long asked(List<FakeViewer> viewers) {
    return viewers.stream().filter(viewer -> !viewer.sent.isEmpty()).count();
  }

  @Test
  void viewersAreAskedEvenlyOverThePeriod() {
    List<FakeViewer> viewers = viewers(1_000);
    scheduler.drain(0, PERIOD, SPREAD);
    for (long now = 0; now <= PERIOD; now += 100) {
      scheduler.tick(now);
      assertThat(asked(viewers)).isBetween(now / 10, now / 10 + 1);
    }
    assertThat(viewers).allMatch(viewer -> viewer.sent.size() == 1);
    assertThat(metrics.drained.count()).isEqualTo(1_000);
  }

  @Test
  void aFewViewersAreAskedTenASecond() {
    List<FakeViewer> viewers = viewers(20);
    scheduler.drain(0, 60_000, SPREAD);
    scheduler.tick(1_000);
    assertThat(asked(viewers)).isEqualTo(10);
    scheduler.tick(2_000);
    assertThat(asked(viewers)).isEqualTo(20);
  }

  @Test
  void withoutAPeriodAllAreAskedAtOnceToComeBackWithinTheSpread() {
    List<FakeViewer> viewers = viewers(100);
    scheduler.drain(0, 0, SPREAD);
    assertThat(asked(viewers)).isEqualTo(100);
    List<Long> delays =
        viewers.stream().map(v -> new JsonObject(v.sent.get(0)).getLong("after_ms")).toList();
    assertThat(delays).allMatch(ms -> ms >= 0 && ms <= SPREAD);
    assertThat(delays.stream().distinct().count()).isGreaterThan(80);
    assertThat(new JsonObject(viewers.get(0).sent.get(0)).getString("reason")).isEqualTo("drain");
  }

  /** Those that leave give their places to others; none of these may be left out. */
  @Test
  void viewersThatLeaveAtRandomLeaveNobodyUnasked() {
    Random random = new Random(1);
    List<FakeViewer> viewers = viewers(500);
    Future<Void> done = scheduler.drain(0, PERIOD, SPREAD);
    for (long now = 0; now <= PERIOD; now += 100) {
      for (int i = 0; i < 4; i++) {
        FakeViewer leaving = viewers.remove(random.nextInt(viewers.size()));
        connections.remove(leaving);
      }
      scheduler.tick(now);
    }
    assertThat(viewers).isNotEmpty().allMatch(viewer -> viewer.sent.size() == 1);
    assertThat(done.isComplete()).isFalse();
    viewers.forEach(connections::remove);
    scheduler.tick(PERIOD + 100);
    assertThat(done.succeeded()).isTrue();
  }

  @Test
  void aViewerIsAskedOnceAndNotWhileItsConnectionCloses() {
    List<FakeViewer> viewers = viewers(2);
    scheduler.expire(viewers.get(0), 0);
    viewers.get(1).closeBy = 1;
    scheduler.drain(100, 0, SPREAD);
    assertThat(viewers.get(0).sent).singleElement().asString().contains("ttl");
    assertThat(viewers.get(1).sent).isEmpty();
    assertThat(metrics.expired.count()).isEqualTo(1);
    assertThat(metrics.drained.count()).isZero();
  }

  @Test
  void whoStaysIsClosedByAReasonThatTellsTtlFromDrain() {
    assertThat(scheduler.closeCode()).isEqualTo(CloseCode.EXPIRED);
    FakeViewer late = viewers(1).get(0);
    scheduler.drain(0, PERIOD, SPREAD);
    scheduler.expire(late, 500);
    assertThat(late.leaveBy).isEqualTo(DrainScheduler.PATIENCE.toMillis());
    assertThat(scheduler.closeCode()).isEqualTo(CloseCode.GOING_AWAY);
  }
}
