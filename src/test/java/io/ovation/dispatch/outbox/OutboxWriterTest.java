package io.ovation.dispatch.outbox;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.InvalidProtocolBufferException;
import io.ovation.dispatch.DispatchFixture;
import io.ovation.dispatch.DispatchFixture.Published;
import io.ovation.live.proto.ForwardedEvent;
import io.ovation.live.proto.OutboxItem;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** What is in the outboxes when, and what a failure of the broker does to the order. */
class OutboxWriterTest {
  private final DispatchFixture f = new DispatchFixture();
  private final List<String> done = new ArrayList<>();
  private final Outboxes outboxes = outboxes("b");

  private Outboxes outboxes(String... regions) {
    f.regions = List.of(regions);
    return new Outboxes(f.context(0), 0, 3, f.guard);
  }

  private static ForwardedEvent event(long offset) {
    return ForwardedEvent.newBuilder().setStream("s").setOffset(offset).build();
  }

  private void put(long... offsets) {
    List<ForwardedEvent> events = new ArrayList<>();
    for (long offset : offsets) {
      events.add(event(offset));
    }
    outboxes.put(events, () -> done.add(events.toString()));
  }

  private List<Long> offsets(int publish) {
    return item(f.published.get(publish)).getEventsList().stream()
        .map(ForwardedEvent::getOffset)
        .toList();
  }

  private static OutboxItem item(Published published) {
    try {
      return OutboxItem.parseFrom(published.item());
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void eventsGoToEachRegionOnceAndTheBatchWaitsForAll() {
    Outboxes two = outboxes("b", "c");
    int[] confirmed = {0};
    two.put(List.of(event(1)), () -> confirmed[0]++);
    assertThat(f.published)
        .extracting(published -> published.to().text())
        .containsExactly("ovation.outbox.b.0", "ovation.outbox.c.0");
    assertThat(f.published.get(0).item()).isSameAs(f.published.get(1).item());
    f.published.get(0).confirm().complete();
    assertThat(confirmed[0]).isZero();
    f.published.get(1).confirm().complete();
    assertThat(confirmed[0]).isEqualTo(1);
    assertThat(f.metric("ovation_region_put_total")).isEqualTo(2);
  }

  @Test
  void onlyTheOutboxThatDidNotConfirmGetsTheItemAgainAndNothingOvertakesIt() {
    Outboxes two = outboxes("b", "c");
    two.put(List.of(event(1)), () -> {});
    two.put(List.of(event(2)), () -> {});
    f.published.get(0).confirm().complete();
    f.published.get(1).confirm().fail("nack");
    f.time.pass(200);
    assertThat(f.published).hasSize(3);
    assertThat(f.published.get(2).to().text()).isEqualTo("ovation.outbox.c.0");
    assertThat(offsets(2)).containsExactly(1L);
    f.published.get(2).confirm().complete();
    assertThat(f.published).hasSize(5);
    assertThat(offsets(4)).containsExactly(2L);
  }

  @Test
  void itemsHaveAPauseBetweenThemUnlessTheyAreFull() {
    put(1);
    f.published.get(0).confirm().complete();
    put(2);
    put(3);
    f.time.pass(29);
    assertThat(f.published).hasSize(1);
    f.time.pass(1);
    assertThat(offsets(1)).containsExactly(2L, 3L);
    f.published.get(1).confirm().complete();
    put(4);
    put(LongStream.rangeClosed(5, 504).toArray());
    assertThat(offsets(2)).as("full, so at once").containsExactly(4L);
    f.published.get(2).confirm().complete();
    assertThat(offsets(3)).hasSize(500);
    f.published.get(3).confirm().complete();
    f.time.pass(45);
    put(505);
    assertThat(offsets(4)).as("after a while at once").containsExactly(505L);
    f.published.get(4).confirm().complete();
    put(506);
    f.time.pass(14);
    assertThat(f.published).hasSize(5);
    f.time.pass(1);
    assertThat(offsets(5)).as("at the times of all partitions").containsExactly(506L);
  }

  @Test
  void whatComesDuringAConfirmSharesTheNextItem() {
    put(1);
    put(2, 3);
    put(4);
    assertThat(f.published).hasSize(1);
    f.published.get(0).confirm().complete();
    assertThat(done).hasSize(1);
    f.time.pass(30);
    assertThat(offsets(1)).containsExactly(2L, 3L, 4L);
    assertThat(item(f.published.get(1)).getFirst()).isEqualTo(1);
    f.published.get(1).confirm().complete();
    assertThat(done).hasSize(3);
    assertThat(f.metric("ovation_region_put_total")).isEqualTo(4);
  }

  @Test
  void whatIsPutBecauseAnItemWasConfirmedIsAnItemOfItsOwn() {
    put(1);
    outboxes.put(List.of(event(2)), () -> put(4));
    put(3);
    f.published.get(0).confirm().complete();
    f.time.pass(1_000);
    assertThat(offsets(1)).containsExactly(2L, 3L);
    f.time.pass(1_000);
    f.published.get(1).confirm().complete();
    assertThat(offsets(2)).containsExactly(4L);
    assertThat(item(f.published.get(2)).getFirst()).isEqualTo(3);
    f.published.get(2).confirm().complete();
    assertThat(done).hasSize(3);
    assertThat(f.published).hasSize(3);
  }

  @Test
  void aRefusedItemIsPutAgainBeforeWhatFollows() {
    put(1);
    put(2);
    f.published.get(0).confirm().fail("nack");
    assertThat(done).isEmpty();
    f.time.pass(200);
    assertThat(offsets(1)).containsExactly(1L);
    f.published.get(1).confirm().complete();
    assertThat(offsets(2)).containsExactly(2L);
  }

  @Test
  void aPutWithoutEventsWaitsForThoseBefore() {
    put(1);
    put();
    assertThat(done).isEmpty();
    f.published.get(0).confirm().complete();
    f.time.pass(30);
    assertThat(done).hasSize(2);
    assertThat(f.published).hasSize(1);
  }

  @Test
  void anOffsetThatWasPutIsNotPutAgain() {
    assertThat(outboxes.wants("s", 5)).isTrue();
    assertThat(outboxes.wants("s", 5)).isFalse();
    assertThat(outboxes.wants("s", 4)).isFalse();
    assertThat(outboxes.wants("t", 4)).isTrue();
  }

  @Test
  void aClosedWriterPutsNothingMore() {
    put(1);
    put(2);
    outboxes.close();
    f.published.get(0).confirm().complete();
    f.time.pass(1_000);
    assertThat(f.published).hasSize(1);
    assertThat(done).isEmpty();
  }
}
