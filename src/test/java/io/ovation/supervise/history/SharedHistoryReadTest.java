package io.ovation.supervise.history;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.stage.ViewerShard.Gap;
import io.ovation.stage.ViewerShard.Replay;
import io.ovation.store.Store.History;
import io.ovation.store.Store.Kept;
import io.ovation.supervise.LocalStream;
import io.ovation.testkit.RecordingShard;
import io.ovation.wire.proto.Event;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class SharedHistoryReadTest {
  private final LocalStream stream = new LocalStream("s", 0, 10, () -> 0);

  private SharedHistoryRead read(int limit, long... sinces) {
    stream.gap(1_000);
    RecordingShard shard = new RecordingShard();
    return new SharedHistoryRead(
        stream,
        LongStream.of(sinces)
            .mapToObj(s -> new SharedHistoryRead.Request(s, shard, "viewer " + s))
            .toList(),
        limit);
  }

  private static List<Kept> kept(long... offsets) {
    return LongStream.of(offsets)
        .mapToObj(o -> new Kept(o, o, "u", "c" + o, "{\"offset\":".getBytes()))
        .toList();
  }

  private static List<Long> offsets(Replay replay) {
    return replay.events().stream().map(Event::getOffset).toList();
  }

  @Test
  void itBeginsAtTheLowestPositionAndEachViewerReceivesItsPart() {
    SharedHistoryRead read = read(100, 40, 10, 25);
    assertThat(read.at()).isEqualTo(10);
    read.take(new History(kept(20, 30, 40, 50), true, false));
    read.end();
    assertThat(offsets(read.replay(10))).containsExactly(20L, 30L, 40L, 50L);
    assertThat(offsets(read.replay(25))).containsExactly(30L, 40L, 50L);
    assertThat(offsets(read.replay(40))).containsExactly(50L);
    assertThat(read.replay(40).events()).isSameAs(read.replay(45).events());
    assertThat(read.replay(10).to()).isEqualTo(1_000);
  }

  @Test
  void eventsDroppedBeforeTheFirstPageAreAGapInFront() {
    SharedHistoryRead read = read(100, 10, 70);
    read.take(new History(kept(60, 80), false, false));
    read.end();
    assertThat(read.replay(10).gap()).isEqualTo(new Gap(11, 59));
    assertThat(offsets(read.replay(10))).containsExactly(60L, 80L);
    assertThat(read.replay(70).gap()).isNull();
  }

  @Test
  void eventsDroppedBetweenTwoPagesAreAGapInTheirPlace() {
    SharedHistoryRead read = read(100, 10);
    read.take(new History(kept(20, 30), true, true));
    read.take(new History(kept(60), false, false));
    read.end();
    Replay replay = read.replay(10);
    assertThat(replay.gap()).isNull();
    assertThat(offsets(replay)).containsExactly(20L, 30L, 60L);
    assertThat(replay.holes()).containsExactly(new Gap(31, 59));
  }

  @Test
  void beyondItsLimitTheOldestEventsAreAGap() {
    SharedHistoryRead read = read(3, 10);
    read.take(new History(kept(20, 30, 40, 50, 60), true, false));
    read.end();
    assertThat(read.replay(10).gap()).isEqualTo(new Gap(11, 30));
    assertThat(offsets(read.replay(10))).containsExactly(40L, 50L, 60L);
    assertThat(read.replay(35).gap()).isNull();
  }

  @Test
  void aHoleBeginsAtTheViewersPositionIfThatIsLater() {
    SharedHistoryRead read = read(100, 10, 25);
    Kept hole = new Kept(15, 35, "", "", new byte[0]);
    read.take(new History(List.of(kept(12).get(0), hole, kept(40).get(0)), true, false));
    read.end();
    assertThat(read.replay(10).holes()).containsExactly(new Gap(15, 35));
    assertThat(read.replay(25).holes()).containsExactly(new Gap(26, 35));
    assertThat(offsets(read.replay(25))).containsExactly(40L);
  }
}
