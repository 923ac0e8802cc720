package io.ovation.dispatch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.ovation.dispatch.ReportedEvents.Lost;
import io.ovation.store.ScriptedStore;
import io.ovation.store.Store.Append;
import io.ovation.store.Store.Appended;
import io.ovation.store.Store.History;
import io.ovation.store.Store.Kept;
import io.ovation.wire.EventJson;
import io.ovation.wire.proto.Answer;
import io.ovation.wire.proto.Event;
import io.ovation.wire.proto.Segment;
import io.vertx.core.Future;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What a new owner learns from its nodes, beside what the store says. */
class ReportedEventsTest {
  private final ScriptedStore store = new ScriptedStore();
  private final ReportedEvents reported = new ReportedEvents(0);

  private static Segment unsaved(String stream, long previous, String id, long offset) {
    return Segment.newBuilder()
        .setStream(stream)
        .setPrevious(previous)
        .addEvents(
            EventJson.event("u", id, ("{\"id\":\"" + id + "\",\"offset\":").getBytes(), offset))
        .build();
  }

  /** As nodes report it: without its JSON. */
  private static Segment recent(String stream, long previous, String id, long offset) {
    Event event = Event.newBuilder().setUser("u").setId(id).setOffset(offset).build();
    return Segment.newBuilder().setStream(stream).setPrevious(previous).addEvents(event).build();
  }

  private static Appended known(long offset, long previous) {
    return new Appended(offset, previous, true, false, 0, false);
  }

  private void compare(Map<String, Long> stored) {
    Future<Void> compared = reported.compare(store);
    store.take("lastOffsets").answer(stored);
    assertThat(compared.succeeded()).isTrue();
  }

  @Test
  void withoutReportsTheStoreIsNotAsked() {
    reported.add(DispatchFixture.ACCEPTED);
    assertThat(reported.compare(store).succeeded()).isTrue();
    assertThat(store.waiting("lastOffsets")).isZero();
  }

  @Test
  void whatSeveralNodesReceivedWithoutTheStoreIsWrittenOnceAndInOrder() {
    reported.add(Answer.newBuilder().addUnsaved(unsaved("s", 11, "b", 12)).build());
    reported.add(
        Answer.newBuilder()
            .addUnsaved(unsaved("s", 10, "a", 11))
            .addUnsaved(unsaved("s", 11, "b", 12))
            .putLast("s", 12)
            .build());
    compare(Map.of("s", 10L));
    assertThat(reported.delivered())
        .extracting(Append::id, Append::proposed, Append::delivered)
        .containsExactly(tuple("a", 11L, true), tuple("b", 12L, true));
    assertThat(new String(reported.delivered().get(0).body()))
        .isEqualTo("{\"id\":\"a\",\"offset\":");
    assertThat(reported.lost()).isEmpty();
  }

  @Test
  void whatViewersHaveSeenAndNobodyHasIsLost() {
    reported.add(
        Answer.newBuilder()
            .putLast("tail", 500)
            .putLast("whole", 100)
            .putLast("same", 7)
            .addUnsaved(unsaved("between", 20, "x", 21))
            .build());
    compare(Map.of("tail", 300L, "same", 7L, "between", 15L));
    assertThat(reported.lost())
        .containsExactlyInAnyOrder(
            new Lost("tail", 301, 500), new Lost("whole", 1, 100), new Lost("between", 16, 20));
  }

  @Test
  void ofTwoOffsetsOfAnEventTheFirstIsTheOneThatViewersWereShown() {
    reported.add(Answer.newBuilder().addRecent(recent("s", 10, "a", 11)).build());
    reported.add(
        Answer.newBuilder()
            .addRecent(recent("s", 20, "a", 21))
            .addRecent(recent("t", 0, "a", 3))
            .build());
    assertThat(reported.recent().values()).containsExactlyInAnyOrder(known(11, 10), known(3, 0));
    assertThat(reported.delivered()).isEmpty();
    assertThat(reported.lost()).isEmpty();
  }

  @Test
  void whatAnEarlierOwnerAppendedAndDidNotSendIsReadFromHistory() {
    reported.add(Answer.newBuilder().putLast("s", 10).putLast("same", 7).build());
    Future<Void> compared = reported.compare(store);
    store.take("lastOffsets").answer(Map.of("s", 30L, "same", 7L));
    assertThat(store.waiting("history")).isEqualTo(1);
    byte[] elsewhere = EventJson.withRegion("{\"id\":\"b\",\"offset\":".getBytes(), "far");
    store
        .take("history")
        .answer(
            new History(
                List.of(
                    new Kept(20, 20, "u", "a", new byte[2]),
                    Kept.hole(21, 25),
                    new Kept(30, 30, "u", "b", elsewhere)),
                true,
                false));
    assertThat(compared.succeeded()).isTrue();
    assertThat(reported.recent().values()).containsExactly(known(20, 10));
  }

  @Test
  void withoutKnowingWhatWasAppendedNoPartitionIsOpened() {
    reported.add(Answer.newBuilder().putLast("s", 10).build());
    Future<Void> compared = reported.compare(store);
    store.take("lastOffsets").answer(Map.of("s", 30L));
    store.take("history").timeOut();
    assertThat(compared.failed()).isTrue();
  }

  @Test
  void aStoreThatDoesNotAnswerFailsTheComparison() {
    reported.add(Answer.newBuilder().putLast("s", 1).build());
    Future<Void> compared = reported.compare(store);
    store.take("lastOffsets").timeOut();
    assertThat(compared.failed()).isTrue();
  }
}
