package io.ovation.dispatch.reactions;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.dispatch.DispatchContext;
import io.ovation.dispatch.DispatchFixture;
import io.ovation.dispatch.outbox.Outboxes;
import io.ovation.live.proto.ForwardedRow;
import io.ovation.live.proto.ForwardedStates;
import io.ovation.live.proto.OutboxItem;
import io.ovation.live.proto.ReactionBatch;
import io.ovation.live.proto.StreamReactions;
import io.ovation.live.proto.StreamTotals;
import io.ovation.queue.Delivery;
import io.ovation.queue.Lane;
import io.ovation.queue.QueueName;
import io.ovation.store.ScriptedStore.Call;
import io.ovation.store.SharedTable.Foreign;
import io.ovation.store.SharedTable.Merged;
import io.ovation.store.StaleEpoch;
import io.ovation.store.Store.Added;
import io.ovation.store.StoreRefused;
import io.ovation.wire.proto.StateUpdate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** When reactions are added, acked and sent. */
class ReactionPipelineTest {
  private final DispatchFixture f = new DispatchFixture();
  private final List<StateUpdate> posted = new ArrayList<>();
  private final ReactionTotalsCache totals =
      new ReactionTotalsCache(f.time.vertx(), f.store, 0, stream -> true, posted::add);
  private final List<String> present = new ArrayList<>();
  private final ReactionPipeline pipeline = pipeline(f.context);

  private ReactionPipeline pipeline(DispatchContext context) {
    return new ReactionPipeline(
        context,
        0,
        7,
        totals,
        (region, one) -> present.add(region + " " + one.getViewers()),
        new Outboxes(context, 0, 7, f.guard),
        f.guard);
  }

  @BeforeEach
  void open() {
    pipeline.open(new QueueName("reactions", Lane.NORMAL, 0));
  }

  private Delivery likes(long number, long count) {
    return f.delivery(
        "ovation.live.Reactions",
        "React",
        ReactionBatch.newBuilder()
            .setSource("node")
            .setNumber(number)
            .addStreams(StreamReactions.newBuilder().setStream("s").putCounts("like", count))
            .build()
            .toByteString());
  }

  private static void answer(Call add, boolean known, long total) {
    int batches = ((List<?>) add.arguments.get(2)).size();
    add.answer(new Added(Collections.nCopies(batches, known), Map.of("s", Map.of("like", total))));
  }

  private List<String> posted() {
    return posted.stream().map(state -> state.getJson().toStringUtf8()).toList();
  }

  private static String json(String counts, long total) {
    return "{\"type\":\"reactions\",\"stream\":\"s\",\"counts\":{%s},\"totals\":{\"like\":%d}}"
        .formatted(counts, total);
  }

  @Test
  void aWindowIsOneCallOneAckEachAndOneMessage() {
    pipeline.deliver(List.of(likes(1, 2)));
    f.time.pass(50);
    pipeline.deliver(List.of(likes(2, 3)));
    assertThat(f.store.waiting("addReactions")).isZero();
    f.time.pass(50);
    assertThat(f.acked).isEmpty();
    answer(f.store.take("addReactions"), false, 5);
    assertThat(f.acked).containsExactly(1L, 2L);
    assertThat(posted()).containsExactly(json("\"like\":5", 5));
  }

  private Delivery arrival(ForwardedStates.Builder states) {
    return f.delivery("ovation.live.Reactions", "Arrive", states.build().toByteString());
  }

  @Test
  void anotherRegionsTotalsAreAddedUpForViewersAndNeverForwarded() {
    f.regions = List.of("b");
    ReactionPipeline own = pipeline(f.context(0));
    own.open(new QueueName("reactions", Lane.NORMAL, 0));
    own.deliver(List.of(likes(1, 2)));
    f.time.pass(100);
    answer(f.store.take("addReactions"), false, 2);
    f.published.remove(0).confirm().complete();
    StreamTotals seven = StreamTotals.newBuilder().setStream("s").putTotals("like", 7).build();
    Delivery arrived = arrival(ForwardedStates.newBuilder().setRegion("b").addTotals(seven));
    own.deliver(List.of(arrived));
    f.store.take("mergeReactions").fail(new IllegalStateException("away"));
    assertThat(f.acked).containsExactly(1L);
    f.time.pass(100);
    Call merge = f.store.take("mergeReactions");
    assertThat(merge.arguments.subList(2, 4)).containsExactly("b", Map.of("s", Map.of("like", 7L)));
    merge.answer(Map.of("s", Map.of("like", 2L, "b/like", 7L)));
    assertThat(f.acked).containsExactly(1L, arrived.tag());
    f.time.pass(100);
    assertThat(posted()).endsWith(json("\"like\":7", 9));
    assertThat(f.published).isEmpty();
  }

  @Test
  void aBatchIsAckedWhenTheOutboxesHaveThisRegionsOwnTotals() throws Exception {
    f.regions = List.of("b", "c");
    ReactionPipeline own = pipeline(f.context(0));
    own.open(new QueueName("reactions", Lane.NORMAL, 0));
    own.deliver(List.of(likes(1, 2), likes(2, 1)));
    f.time.pass(100);
    f.store
        .take("addReactions")
        .answer(new Added(List.of(false, true), Map.of("s", Map.of("like", 2L, "c/like", 9L))));
    assertThat(posted()).containsExactly(json("\"like\":2", 11));
    assertThat(f.published).hasSize(2);
    OutboxItem item = OutboxItem.parseFrom(f.published.get(1).item());
    assertThat(item.getTotalsList()).hasSize(1);
    assertThat(item.getTotals(0).getTotalsMap()).isEqualTo(Map.of("like", 2L));
    f.published.get(0).confirm().complete();
    assertThat(f.acked).isEmpty();
    f.published.get(1).confirm().complete();
    assertThat(f.acked).containsExactly(1L, 2L);
  }

  @Test
  void anotherRegionsBansAndSettingsAreAckedWhenTheStoreHasThem() {
    ForwardedRow row =
        ForwardedRow.newBuilder().setKey("b/s/bob").setEndsMs(9).setTtlMs(8).setStamp(7).build();
    Delivery arrived = arrival(ForwardedStates.newBuilder().setRegion("b").addRows(row));
    pipeline.deliver(List.of(arrived));
    f.store.take("merge").fail(new IllegalStateException("away"));
    f.time.pass(100);
    Call merge = f.store.take("merge");
    assertThat(merge.arguments)
        .containsExactly("here", new Foreign("b", "b/s/bob", "", 9, Duration.ofMillis(8), 7));
    assertThat(f.acked).isEmpty();
    merge.answer(Merged.SET);
    assertThat(f.acked).containsExactly(arrived.tag());
  }

  @Test
  void whatCanNotBeFromAnotherRegionIsDeadLettered() {
    ForwardedRow.Builder row = ForwardedRow.newBuilder().setEndsMs(9).setTtlMs(8).setStamp(7);
    pipeline.deliver(
        List.of(
            arrival(ForwardedStates.newBuilder().setRegion("here")),
            arrival(ForwardedStates.newBuilder().setRegion("b").addRows(row.setKey("x/s"))),
            arrival(ForwardedStates.newBuilder().setRegion("b").addRows(row.setKey("b/s/ "))),
            arrival(
                ForwardedStates.newBuilder()
                    .setRegion("b")
                    .addRows(row.setKey("s/s").setValue("no JSON"))),
            arrival(
                ForwardedStates.newBuilder()
                    .setRegion("b")
                    .addTotals(StreamTotals.newBuilder().setStream("s").putTotals("b/like", 7)))));
    assertThat(f.deadLetters).hasSize(5);
    assertThat(f.acked).isEmpty();
  }

  @Test
  void theNextWindowBeginsOnlyAfterTheMessage() {
    pipeline.deliver(List.of(likes(1, 1)));
    f.time.pass(100);
    Call first = f.store.take("addReactions");
    pipeline.deliver(List.of(likes(2, 1)));
    f.time.pass(1_000);
    answer(first, false, 1);
    assertThat(posted).hasSize(1);
    f.time.pass(99);
    assertThat(f.store.waiting("addReactions")).isZero();
    f.time.pass(1);
    answer(f.store.take("addReactions"), false, 2);
    assertThat(posted).hasSize(2);
  }

  @Test
  void manyBatchesDoNotWaitForTheWindowsEnd() {
    List<Delivery> items = new ArrayList<>();
    for (int i = 1; i <= 100; i++) {
      items.add(likes(i, 1));
    }
    pipeline.deliver(items);
    answer(f.store.take("addReactions"), false, 100);
    assertThat(f.acked).hasSize(100);
    assertThat(posted).isEmpty();
    f.time.pass(100);
    assertThat(posted()).containsExactly(json("\"like\":100", 100));
  }

  @Test
  void whatHadBeenAddedBeforeIsAckedAndItsTotalsAreSentWithoutCounts() {
    pipeline.deliver(List.of(likes(1, 5)));
    f.time.pass(100);
    answer(f.store.take("addReactions"), true, 5);
    assertThat(f.acked).containsExactly(1L);
    assertThat(posted()).containsExactly(json("", 5));
    assertThat(f.metric("ovation_dispatch_reactions_duplicates_total")).isEqualTo(1);
  }

  @Test
  void whileTheStoreFailsTheSameBatchesAreAddedAgainAfterGrowingPauses() {
    pipeline.deliver(List.of(likes(1, 1)));
    f.time.pass(100);
    for (long pause : List.of(100, 200, 400, 800, 1_600, 2_000, 2_000)) {
      f.store.take("addReactions").timeOut();
      f.time.pass(pause - 1);
      assertThat(f.store.waiting("addReactions")).isZero();
      f.time.pass(1);
    }
    assertThat(f.acked).isEmpty();
    answer(f.store.take("addReactions"), false, 1);
    assertThat(f.acked).containsExactly(1L);
  }

  @Test
  void aBatchThatTheStoreRefusesIsDeadLetteredAndTheOthersAreAdded() {
    pipeline.deliver(List.of(likes(1, 1), likes(2, 1), likes(3, 1)));
    f.time.pass(100);
    f.store.take("addReactions").fail(new StoreRefused("WRONGTYPE"));
    answer(f.store.take("addReactions"), false, 1);
    for (int attempt = 1; attempt <= ReactionPipeline.REFUSALS; attempt++) {
      f.store.take("addReactions").fail(new StoreRefused("WRONGTYPE"));
      f.time.pass(1_000);
    }
    answer(f.store.take("addReactions"), false, 2);
    assertThat(f.acked).containsExactly(1L, 3L);
    assertThat(f.deadLetters)
        .singleElement()
        .satisfies(letter -> assertThat(letter.reason()).isEqualTo("WRONGTYPE"));
    assertThat(f.failures).isEmpty();

    pipeline.deliver(List.of(likes(4, 1), likes(5, 1)));
    f.time.pass(1_000);
    Call both = f.store.take("addReactions");
    assertThat((List<?>) both.arguments.get(2)).hasSize(2);
    both.fail(new StoreRefused("WRONGTYPE"));
    f.store.take("addReactions").fail(new StoreRefused("WRONGTYPE"));
    assertThat(f.deadLetters).as("one refusal is enough now").hasSize(2);
    answer(f.store.take("addReactions"), false, 3);
    assertThat(f.acked).containsExactly(1L, 3L, 5L);
  }

  @Test
  void aBatchThatThrowsAfterItWasDecodedIsDeadLetteredAndTheOthersAreAcked() {
    pipeline.deliver(List.of(likes(1, 1), likes(2, 1)));
    f.time.pass(100);
    // The answer lacks one that must be in it.
    Map<String, Long> like = Map.of("like", 1L);
    f.store.take("addReactions").answer(new Added(List.of(false), Map.of("s", like)));
    assertThat(f.acked).containsExactly(1L);
    assertThat(f.deadLetters).hasSize(1);
    assertThat(f.failures).isEmpty();
  }

  @Test
  void aStaleEpochFailsThePartition() {
    pipeline.deliver(List.of(likes(1, 1)));
    f.time.pass(100);
    f.store.take("addReactions").fail(new StaleEpoch(0, 7));
    assertThat(f.failures).singleElement().isInstanceOf(StaleEpoch.class);
    assertThat(f.acked).isEmpty();
  }

  @Test
  void aPoisonItemIsDeadLetteredUntilThatSucceedsAndOthersDoNotWait() {
    pipeline.deliver(List.of(f.poison(), likes(1, 1)));
    f.time.pass(100);
    answer(f.store.take("addReactions"), false, 1);
    assertThat(f.acked).containsExactly(2L);
    f.deadLetters.get(0).done().fail("no answer");
    f.time.pass(2_000);
    assertThat(f.deadLetters).hasSize(2);
  }

  @Test
  void afterItClosedNothingIsAckedOrSent() {
    pipeline.deliver(List.of(likes(1, 1)));
    f.time.pass(100);
    pipeline.close();
    answer(f.store.take("addReactions"), false, 1);
    f.time.pass(1_000);
    assertThat(f.acked).isEmpty();
    assertThat(posted).isEmpty();
  }
}
