package io.ovation.deliver.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.util.concurrent.MockTicker;
import io.netty.util.concurrent.Ticker;
import io.ovation.deliver.DeliveryMetrics;
import io.ovation.deliver.DeliverySettings;
import io.ovation.deliver.FakeViewer;
import io.ovation.deliver.fanout.StreamRoom;
import io.ovation.deliver.protocol.CloseCode;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class HeartbeatSweepTest {
  private final DeliveryMetrics metrics = FakeViewer.metrics();
  private final DeliverySettings settings = FakeViewer.settings(100, 1_000, 10_000);
  private final MockTicker ticker = Ticker.newMockTicker();
  private final ShardConnections connections =
      new ShardConnections(settings, metrics, ticker, () -> this.memoryShort);
  private final StreamRoom room = new StreamRoom("s1", settings, metrics);
  private long now;
  private boolean memoryShort;

  /** A viewer that watches a stream. */
  private FakeViewer viewer() {
    FakeViewer viewer = new FakeViewer(metrics);
    viewer.aliveAt = now;
    viewer.pingedAt = now;
    viewer.room = room;
    connections.all().add(viewer);
    return viewer;
  }

  private void advance(long ms) {
    for (long end = now + ms; now < end; ) {
      ticker.advanceMillis(ShardConnections.TICK_MS);
      connections.advanceClock();
      connections.sweep();
      now = connections.now();
    }
  }

  @Test
  void everyConnectionIsPingedOncePerHeartbeat() {
    List<FakeViewer> viewers = new ArrayList<>();
    for (int i = 0; i < 25; i++) {
      viewers.add(viewer());
    }
    for (int beat = 1; beat <= 3; beat++) {
      advance(settings.heartbeatMs() + 1_000);
      int pings = beat;
      assertThat(viewers).allMatch(viewer -> viewer.pings == pings);
      viewers.forEach(viewer -> viewer.aliveAt = now);
    }
    assertThat(viewers).allMatch(viewer -> viewer.closeCode == null);
  }

  @Test
  void aConnectionThatIsSilentForTwoHeartbeatsIsStale() {
    FakeViewer viewer = viewer();
    advance(2 * settings.heartbeatMs());
    assertThat(viewer.closeCode).isNull();
    advance(1_100);
    assertThat(viewer.closeCode).isEqualTo(CloseCode.STALE);
  }

  @Test
  void aConnectionThatWatchesNothingForAHeartbeatIsClosed() {
    FakeViewer viewer = viewer();
    viewer.room = null;
    advance(settings.heartbeatMs() + 1_100);
    assertThat(viewer.closeCode).isEqualTo(CloseCode.NEVER_WATCHED);
  }

  @Test
  void whileMemoryIsShortAFullBufferIsNotWaitedFor() {
    FakeViewer viewer = viewer();
    FakeViewer other = viewer();
    viewer.full = true;
    viewer.writabilityChanged(now);
    advance(1_100);
    assertThat(viewer.closeCode).isNull();
    memoryShort = true;
    advance(1_100);
    assertThat(viewer.closeCode).isEqualTo(CloseCode.STUCK);
    assertThat(other.closeCode).isNull();
  }

  @Test
  void whoWasFullForLackOfMemoryGoesOnWithoutAWordOfItsSocket() {
    FakeViewer viewer = viewer();
    viewer.full = true;
    viewer.writabilityChanged(now);
    viewer.abandonReplay(7);
    viewer.full = false;
    advance(1_100);
    assertThat(viewer.sent).containsExactly("{\"type\":\"gap\",\"from\":1,\"to\":7}");
    assertThat(viewer.fullSince).isNegative();
  }

  @Test
  void aConnectionWhoseBufferStaysFullIsStuckAndIsNotPinged() {
    FakeViewer viewer = viewer();
    viewer.full = true;
    viewer.pingedAt = -settings.heartbeatMs();
    viewer.writabilityChanged(now);
    advance(settings.stuckMs());
    assertThat(viewer.closeCode).isNull();
    assertThat(viewer.pings).isZero();
    advance(1_100);
    assertThat(viewer.closeCode).isEqualTo(CloseCode.STUCK);
  }

  @Test
  void aConnectionIsAskedToReconnectAtTheEndOfItsTtlAndClosedIfItStays() {
    FakeViewer viewer = viewer();
    viewer.expiresAt = 3_000;
    advance(2_900);
    assertThat(viewer.sent).isEmpty();
    advance(1_100);
    assertThat(viewer.sent).singleElement().asString().contains("\"reason\":\"ttl\"");
    assertThat(viewer.closeCode).isNull();
    viewer.aliveAt = now;
    advance(DrainScheduler.PATIENCE.toMillis() + 1_000);
    assertThat(viewer.sent).hasSize(1);
    assertThat(viewer.closeCode).isEqualTo(CloseCode.EXPIRED);
  }

  @Test
  void aSocketThatTheClientDoesNotCloseIsClosed() {
    FakeViewer viewer = viewer();
    viewer.closeBy = 2_000;
    advance(1_900);
    assertThat(viewer.aborted).isFalse();
    advance(1_100);
    assertThat(viewer.aborted).isTrue();
  }

  @Test
  void aReplayThatTakesTooLongBecomesAGap() {
    FakeViewer viewer = viewer();
    room.open(9);
    viewer.startAt(4, 0);
    viewer.awaitReplay(now, 1_000);
    advance(DeliverySettings.REPLAY_PATIENCE.toMillis() + 1_100);
    assertThat(viewer.sent).containsExactly("{\"type\":\"gap\",\"from\":5,\"to\":9}");
    assertThat(metrics.replaysLost.count()).isEqualTo(1);
    assertThat(viewer.replayRequest()).isNull();
  }

  @Test
  void aConnectionWhoseCheckFailsIsClosedAndTheOthersAreChecked() {
    FakeViewer before = viewer();
    FakeViewer broken = viewer();
    FakeViewer after = viewer();
    broken.failure = () -> new AssertionError("the connection is broken");
    advance(settings.heartbeatMs() + 1_000);
    assertThat(broken.aborted).isTrue();
    assertThat(before.pings).isEqualTo(1);
    assertThat(after.pings).isEqualTo(1);
  }
}
