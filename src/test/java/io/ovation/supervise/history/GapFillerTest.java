package io.ovation.supervise.history;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.metrics.Metrics;
import io.ovation.store.ScriptedStore;
import io.ovation.store.Store.History;
import io.ovation.store.Store.Kept;
import io.ovation.supervise.LocalStream;
import io.ovation.supervise.SupervisorFixture;
import io.ovation.testkit.FakeCluster;
import io.ovation.testkit.VirtualVertx;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class GapFillerTest {
  private final VirtualVertx virtual = new VirtualVertx();
  private final ScriptedStore store = new ScriptedStore();
  private final Metrics metrics = new Metrics();
  private final GapFiller filler =
      new GapFiller(SupervisorFixture.context(virtual, new FakeCluster("here"), metrics), store);
  private final LocalStream stream = new LocalStream("s", 0, 10, () -> 0);
  private int done;

  private static List<Kept> kept(long... offsets) {
    return LongStream.of(offsets)
        .mapToObj(o -> new Kept(o, o, "u", "id" + o, "{\"offset\":".getBytes()))
        .toList();
  }

  private void fill(long to) {
    stream.gap(100);
    filler.fill(stream, to, () -> done++);
  }

  private List<Long> recent() {
    return stream.recentEvents.after(0).stream().map(event -> event.getOffset()).toList();
  }

  private double gaps() {
    return metrics.registry().get("ovation.supervise.gaps").counter().count();
  }

  @Test
  void itReadsPageAfterPageUpToTheOffset() {
    fill(140);
    fillPage(kept(110, 120), true);
    assertThat(done).isZero();
    fillPage(kept(130, 140), false);
    assertThat(recent()).containsExactly(110L, 120L, 130L, 140L);
    assertThat(done).isEqualTo(1);
    assertThat(gaps()).isZero();
  }

  private void fillPage(List<Kept> entries, boolean more) {
    store.take("history").answer(new History(entries, true, more));
  }

  @Test
  void itWaitsOneSecondForASlowStoreAndThenSendsAGap() {
    fill(140);
    int reads = 0;
    for (long ms = 0; ms <= 2_000 && done == 0; ms += 100) {
      fillPage(kept(), false);
      reads++;
      virtual.pass(100);
    }
    assertThat(reads).isEqualTo(Replayer.BEHIND + 1);
    assertThat(stream.last()).isEqualTo(140);
    assertThat(gaps()).isEqualTo(1);
  }

  @Test
  void eventsThatHistoryDroppedAreAGap() {
    fill(140);
    store.take("history").answer(new History(kept(130, 140), false, false));
    assertThat(recent()).containsExactly(130L, 140L);
    assertThat(gaps()).isEqualTo(1);
    assertThat(done).isEqualTo(1);
  }

  @Test
  void aHoleInHistoryIsAGapInItsPlace() {
    fill(140);
    Kept hole = new Kept(115, 125, "", "", new byte[0]);
    store
        .take("history")
        .answer(new History(List.of(kept(110).get(0), hole, kept(140).get(0)), true, false));
    assertThat(recent()).as("restarted at the hole").containsExactly(140L);
    assertThat(gaps()).isEqualTo(1);
  }

  @Test
  void aReadThatFailsOnceIsRepeated() {
    fill(140);
    store.take("history").timeOut();
    virtual.pass(Replayer.RETRY_MS);
    fillPage(kept(110, 140), false);
    assertThat(recent()).containsExactly(110L, 140L);
    assertThat(gaps()).isZero();
  }

  @Test
  void aStoreThatFailsMakesAGapAndTheTaskRuns() {
    fill(140);
    for (int i = 0; i <= Replayer.RETRIES; i++) {
      assertThat(done).isZero();
      store.take("history").timeOut();
      virtual.pass(Replayer.RETRY_MS);
    }
    assertThat(stream.last()).isEqualTo(140);
    assertThat(gaps()).isEqualTo(1);
    assertThat(done).isEqualTo(1);
  }
}
