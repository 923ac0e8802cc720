package io.ovation.dispatch.comments;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.dispatch.DispatchFixture;
import io.ovation.live.proto.CommentRequest;
import io.ovation.live.proto.HostEvent;
import io.ovation.live.proto.StreamEvent;
import io.ovation.store.Store.Appended;
import io.ovation.store.Store.History;
import io.ovation.store.Store.Kept;
import io.ovation.store.StoreUnavailable;
import io.ovation.testkit.LogCapture;
import java.util.List;
import org.junit.jupiter.api.Test;

/** An id that comes again: a repetition, or another comment. */
class ConflictingIdsTest {
  private final DispatchFixture f = new DispatchFixture();
  private final ConflictingIds ids = new ConflictingIds(f.context, 0);

  private static PendingEvent comment(String text, long atMs) {
    return new PendingEvent(
        CommentRequest.newBuilder()
            .setStream("s")
            .setUser("u")
            .setId("c")
            .setText(text)
            .setAtMs(atMs)
            .build());
  }

  private static PendingEvent event(String data) {
    HostEvent.Builder host = HostEvent.newBuilder().setName("score").setData(data);
    return new PendingEvent(
        StreamEvent.newBuilder().setStream("s").setId("e").setHost(host).build());
  }

  /** The second one is known; history has the first one. */
  private void check(PendingEvent first, PendingEvent second) {
    second.appended(new Appended(7, 5, true));
    ids.check(second);
    byte[] body = first.append().body();
    history(List.of(new Kept(7, 7, "u", "c", body)));
  }

  private void history(List<Kept> entries) {
    f.store.take("history").answer(new History(entries, true, false));
  }

  private double counted() {
    return f.context.metrics().conflictingIds.count();
  }

  @Test
  void aRepetitionIsNoConflictHoweverLateItIsSent() {
    check(comment("first", 1), comment("first", 1));
    check(comment("first", 1), comment("first", 60_000));
    check(event("{\"home\":1}"), event("{\"home\":1}"));
    assertThat(counted()).isZero();
  }

  @Test
  void anIdWithAnotherContentIsCounted() {
    check(comment("first", 1), comment("second", 2));
    assertThat(counted()).isEqualTo(1);
    check(event("{\"home\":1}"), event("{\"home\":2}"));
    assertThat(counted()).isEqualTo(2);
  }

  @Test
  void theLineAboutItNamesTheSecondItemAndItsTrace() {
    PendingEvent second =
        comment("second", 2).traced("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00");
    try (LogCapture log = LogCapture.of(ConflictingIds.class)) {
      check(comment("first", 1), second);
      assertThat(log.namesOf("was used within 10 minutes"))
          .containsEntry("message_id", "c")
          .containsEntry("correlation_id", "4bf92f3577b34da6a3ce929d0e0e4736");
    }
  }

  @Test
  void whatHistoryNoLongerHasIsNotCompared() {
    PendingEvent second = comment("second", 2);
    second.appended(new Appended(7, 5, true));
    ids.check(second);
    history(List.of());
    ids.check(second);
    history(List.of(new Kept(9, 9, "u", "other", comment("x", 1).append().body())));
    ids.check(second);
    history(List.of(new Kept(7, 7, "u", "c", new byte[1])));
    ids.check(second);
    f.store.take("history").fail(new StoreUnavailable("scripted"));
    assertThat(counted()).isZero();
  }

  @Test
  void newAndDeletedItemsCostNoRead() {
    PendingEvent comment = comment("first", 1);
    comment.appended(new Appended(7, 5, false));
    ids.check(comment);
    comment.appended(new Appended(7, 5, true, true));
    ids.check(comment);
    assertThat(f.store.count("history")).isZero();
  }

  @Test
  void readsAtOnceAreBounded() {
    PendingEvent known = comment("second", 1);
    known.appended(new Appended(7, 5, true));
    for (int i = 0; i < 100; i++) {
      ids.check(known);
    }
    assertThat(f.store.waiting("history")).isEqualTo(ConflictingIds.MAX_READS);
    history(List.of());
    ids.check(known);
    assertThat(f.store.waiting("history")).isEqualTo(ConflictingIds.MAX_READS);
  }
}
