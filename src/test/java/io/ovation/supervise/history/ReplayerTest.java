package io.ovation.supervise.history;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.ovation.metrics.Metrics;
import io.ovation.stage.ViewerShard.Gap;
import io.ovation.stage.ViewerShard.Replay;
import io.ovation.store.ScriptedStore;
import io.ovation.store.Store.History;
import io.ovation.store.Store.Kept;
import io.ovation.supervise.LocalStream;
import io.ovation.supervise.SupervisorFixture;
import io.ovation.testkit.FakeCluster;
import io.ovation.testkit.RecordingShard;
import io.ovation.testkit.VirtualVertx;
import io.ovation.wire.proto.Event;
import io.ovation.wire.proto.Register;
import io.ovation.wire.proto.Registered;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class ReplayerTest {
  private static final long HOUR = 3_600_000_000L;
  private final VirtualVertx virtual = new VirtualVertx();
  private final ScriptedStore store = new ScriptedStore();
  private final RecordingShard shard = new RecordingShard();
  private final Replayer replayer =
      new Replayer(
          SupervisorFixture.context(
              virtual, new FakeCluster("here").setMembers("owner"), new Metrics()),
          store,
          1_000);

  /** A stream at 1,000 whose recent events are 990 and 1,000. */
  private static LocalStream stream(String name) {
    LocalStream stream = new LocalStream(name, 0, 10, () -> 0);
    stream.gap(980);
    stream.deliver(List.of(event(990), event(1_000)));
    return stream;
  }

  private static Event event(long offset) {
    return Event.newBuilder()
        .setOffset(offset)
        .setId("id" + offset)
        .setJson(ByteString.EMPTY)
        .build();
  }

  private static History page(boolean more, long... offsets) {
    return new History(
        LongStream.of(offsets)
            .mapToObj(o -> new Kept(o, o, "u", "id" + o, "{\"offset\":".getBytes()))
            .toList(),
        true,
        more);
  }

  private Replay replayed(int n) {
    return shard.all(RecordingShard.Replayed.class).get(n).replay();
  }

  private static List<Long> offsets(Replay replay) {
    return replay.events().stream().map(Event::getOffset).toList();
  }

  @Test
  void recentEventsAreReplayedWithoutTheStore() {
    replayer.replay(stream("s"), 985, shard, "viewer");
    assertThat(offsets(replayed(0))).containsExactly(990L, 1_000L);
    assertThat(store.waiting("history")).isZero();
  }

  @Test
  void aPositionAheadOfThisNodeIsBelievedIfTheOwnerIsThatFar() {
    LocalStream stream = stream("s");
    replayer.replay(stream, 1_500, shard, "ahead");
    replayer.replay(stream, 1_501, shard, "beyond the end");
    assertThat(shard.all(RecordingShard.Replayed.class)).isEmpty();
    virtual.next(Register.class).answer(Registered.newBuilder().addLast(1_500).build());
    assertThat(replayed(0).to()).isEqualTo(1_500);
    virtual.next(Register.class).answer(Registered.newBuilder().addLast(1_500).build());
    assertThat(replayed(1).to()).isEqualTo(1_000);
  }

  /** Its position may be newer than an answer to a question that was asked before. */
  @Test
  void viewersThatComeWhileTheOwnerIsAskedShareTheNextQuestion() {
    LocalStream stream = stream("s");
    replayer.replay(stream, 1_500, shard, "first");
    replayer.replay(stream, 1_600, shard, "second");
    replayer.replay(stream, 1_700, shard, "third");
    virtual.next(Register.class).answer(Registered.newBuilder().addLast(1_500).build());
    assertThat(shard.all(RecordingShard.Replayed.class)).hasSize(1);
    virtual.next(Register.class).answer(Registered.newBuilder().addLast(1_700).build());
    assertThat(replayed(1).to()).isEqualTo(1_600);
    assertThat(replayed(2).to()).isEqualTo(1_700);
    assertThat(virtual.sent()).as("one question for both").isEmpty();
  }

  @Test
  void whatArrivedWhileTheOwnerWasAskedIsReplayed() {
    LocalStream stream = stream("s");
    replayer.replay(stream, 1_500, shard, "ahead");
    stream.deliver(List.of(event(1_600)));
    virtual.next(Register.class).answer(Registered.newBuilder().addLast(1_600).build());
    assertThat(offsets(replayed(0))).containsExactly(1_600L);
  }

  @Test
  void withoutAnOwnerAPositionALittleAheadIsBelievedAndOneFarAheadIsNot() {
    LocalStream stream = stream("s");
    replayer.replay(stream, 1_500, shard, "ahead");
    virtual.next(Register.class).fail();
    assertThat(replayed(0).to()).isEqualTo(1_500);
    replayer.replay(stream, HOUR, shard, "far ahead");
    virtual.next(Register.class).fail();
    assertThat(replayed(1).to()).isEqualTo(1_000);
  }

  @Test
  void viewersThatArriveDuringAReadShareTheNext() {
    LocalStream stream = stream("s");
    replayer.replay(stream, 500, shard, "first");
    replayer.replay(stream, 400, shard, "second");
    replayer.replay(stream, 600, shard, "third");
    assertThat(store.waiting("history")).isEqualTo(1);
    assertThat(replayer.pending()).isEqualTo(3);
    store.take("history").answer(page(false, 700, 980));
    assertThat(offsets(replayed(0))).containsExactly(700L, 980L, 990L, 1_000L);
    ScriptedStore.Call second = store.take("history");
    assertThat(second.arguments.get(2)).as("the lowest position").isEqualTo(400L);
    second.answer(page(false, 450, 700, 980));
    assertThat(offsets(replayed(1))).containsExactly(450L, 700L, 980L, 990L, 1_000L);
    assertThat(offsets(replayed(2))).containsExactly(700L, 980L, 990L, 1_000L);
    assertThat(replayer.pending()).isZero();
  }

  @Test
  void noMoreThanTheBoundOfStreamsIsReadAtATime() {
    for (int i = 0; i < Replayer.READS + 5; i++) {
      replayer.replay(stream("s" + i), 500, shard, "viewer");
    }
    assertThat(store.waiting("history")).isEqualTo(Replayer.READS);
    store.take("history").answer(page(false, 980));
    assertThat(store.waiting("history")).isEqualTo(Replayer.READS);
    // The repeated reads come last in the line.
    for (int i = 0; i <= Replayer.RETRIES; i++) {
      long reads = store.waiting("history");
      for (long n = 0; n < reads; n++) {
        store.take("history").timeOut();
      }
      virtual.pass(Replayer.RETRY_MS);
    }
    assertThat(store.waiting("history")).as("also after failures").isEqualTo(4);
  }

  @Test
  void aStoreThatFailsMakesAGapUpToTheLastOffset() {
    replayer.replay(stream("s"), 500, shard, "viewer");
    store.take("history").answer(page(true, 700));
    fail(Replayer.RETRIES + 1);
    assertThat(offsets(replayed(0))).containsExactly(700L);
    assertThat(replayed(0).holes()).containsExactly(new Gap(701, 1_000));
    assertThat(replayed(0).to()).isEqualTo(1_000);
  }

  /** Fails the next read, and those that repeat it. */
  private void fail(int times) {
    for (int i = 0; i < times; i++) {
      store.take("history").timeOut();
      virtual.pass(Replayer.RETRY_MS);
    }
  }

  @Test
  void aReadThatFailsIsRepeatedBeforeViewersReceiveAGap() {
    replayer.replay(stream("s"), 500, shard, "viewer");
    fail(Replayer.RETRIES);
    assertThat(shard.said()).isEmpty();
    store.take("history").answer(page(true, 700));
    // Each page has its own attempts.
    fail(Replayer.RETRIES);
    store.take("history").answer(page(false, 980));
    assertThat(offsets(replayed(0))).containsExactly(700L, 980L, 990L, 1_000L);
    assertThat(replayed(0).holes()).isEmpty();
  }

  @Test
  void aStoreBehindTheNodeIsReadAgainForOneSecond() {
    replayer.replay(stream("s"), 500, shard, "viewer");
    for (int i = 0; i < Replayer.BEHIND; i++) {
      store.take("history").answer(page(false));
      virtual.pass(Replayer.BEHIND_MS);
    }
    assertThat(shard.said()).isEmpty();
    store.take("history").answer(page(false));
    assertThat(replayed(0).holes()).containsExactly(new Gap(501, 980));
    assertThat(offsets(replayed(0))).containsExactly(990L, 1_000L);
  }

  @Test
  void manyViewersAreAnsweredInSeveralTurns() {
    LocalStream stream = stream("s");
    for (int i = 0; i < 450; i++) {
      replayer.replay(stream, 500, shard, i);
    }
    store.take("history").answer(page(false, 980));
    store.take("history").answer(page(false, 980));
    assertThat(shard.said()).hasSize(450);
    assertThat(replayer.pending()).isZero();
  }

  @Test
  void aReadOfTheLastCommentsThatFailsIsRepeatedAndThenWhatIsHereIsBetterThanNothing() {
    LocalStream stream = stream("s");
    replayer.recent(stream, 1_000, 5, shard, "viewer");
    store.take("newest").timeOut();
    assertThat(shard.all(RecordingShard.Replayed.class)).isEmpty();
    virtual.pass(Replayer.RETRY_MS);
    byte[] body = "{\"type\":\"comment\",\"offset\":".getBytes();
    store.take("newest").answer(List.of(new Kept(970, 970, "u", "id970", body)));
    assertThat(offsets(replayed(0))).containsExactly(970L);
    replayer.recent(stream, 1_000, 5, shard, "other");
    for (int i = 0; i <= Replayer.RETRIES; i++) {
      store.take("newest").timeOut();
      virtual.pass(Replayer.RETRY_MS);
    }
    assertThat(shard.all(RecordingShard.Replayed.class)).hasSize(2);
  }
}
