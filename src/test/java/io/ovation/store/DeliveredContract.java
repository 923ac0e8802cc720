package io.ovation.store;

import static io.ovation.store.StoreAssertions.await;
import static io.ovation.store.StoreAssertions.item;
import static io.ovation.store.StoreAssertions.lastOffset;
import static io.ovation.store.StoreAssertions.offsets;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.store.Store.Append;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every {@link Store} does with events that viewers received while it was unavailable. */
public abstract class DeliveredContract extends LastSeenContract {
  long epoch;

  @BeforeEach
  void takePartition() {
    epoch = await(store.takePartition(P));
  }

  private List<Long> appended(Append... items) {
    return offsets(await(store.append(P, epoch, List.of(items))));
  }

  private static Append delivered(String id, long offset) {
    Append item = item("s", "u", id, offset);
    return new Append(item.stream(), item.user(), item.id(), offset, item.body(), true);
  }

  private List<String> ids() {
    return await(store.history(P, "s", 0, 100)).entries().stream()
        .map(kept -> kept.hole() ? "hole " + kept.from() : kept.id() + " " + kept.offset())
        .toList();
  }

  @Test
  void whatWasDeliveredKeepsItsOffsetAndItsIdIsRemembered() {
    appended(item("s", "u", "a", 100));
    appended(delivered("b", 101), delivered("c", 102));
    assertThat(ids()).containsExactly("a 100", "b 101", "c 102");
    assertThat(appended(item("s", "u", "b", 500))).containsExactly(101L);
    assertThat(appended(delivered("b", 101))).containsExactly(101L);
    assertThat(appended(item("s", "u", "d", 1))).containsExactly(103L);
    assertThat(ids()).containsExactly("a 100", "b 101", "c 102", "d 103");
  }

  @Test
  void anAppendThatTookEffectUnderAnotherOffsetIsReplacedByWhatWasDelivered() {
    appended(item("s", "u", "a", 100));
    appended(item("s", "u", "b", 900));
    assertThat(appended(delivered("b", 101))).containsExactly(101L);
    assertThat(ids()).containsExactly("a 100", "hole 101");
    assertThat(appended(item("s", "u", "b", 1))).containsExactly(101L);
    assertThat(appended(item("s", "u", "c", 1))).containsExactly(901L);
  }

  @Test
  void whatWasDeliveredBelowTheEndOfHistoryBecomesAHole() {
    appended(item("s", "u", "a", 100));
    appended(delivered("b", 50));
    assertThat(ids()).containsExactly("hole 50", "a 100");
    assertThat(lastOffset(store, P, "s")).isEqualTo(100);
  }

  /** As after a fail-over to a store that lacks the last second. */
  @Test
  void whatTheStoreHadConfirmedAndLostIsAHoleInTheSameStep() {
    appended(item("s", "u", "a", 100));
    List<Append> items = List.of(item("s", "u", "b", 1), item("s", "u", "c", 1));
    List<Store.Appended> answers = await(store.append(P, epoch, items, Map.of("s", 500L)));
    assertThat(offsets(answers)).containsExactly(501L, 502L);
    assertThat(answers).extracting(Store.Appended::previous).containsExactly(100L, 501L);
    assertThat(ids()).containsExactly("a 100", "hole 101", "b 501", "c 502");
    Store.History missed = await(store.history(P, "s", 300, 10));
    assertThat(missed.entries().get(0).hole()).isTrue();
    assertThat(missed.entries().get(0).offset()).isEqualTo(500);
    await(store.append(P, epoch, items, Map.of("s", 500L)));
    assertThat(ids()).containsExactly("a 100", "hole 101", "b 501", "c 502");
  }

  @Test
  void aStoreThatLostEverythingGetsTheHoleWithWhatWasDeliveredMeanwhile() {
    Append item = delivered("b", 501);
    Map<String, Long> confirmed = Map.of("s", 500L, "t", 900L);
    assertThat(await(store.append(P, epoch, List.of(item), confirmed)))
        .extracting(Store.Appended::previous)
        .containsExactly(0L);
    assertThat(ids()).containsExactly("hole 1", "b 501");
    assertThat(lastOffset(store, P, "t")).isZero();
  }

  @Test
  void aStoreThatIsAheadOfWhatIsKnownToBeConfirmedGetsNoHole() {
    appended(item("s", "u", "a", 100));
    await(store.append(P, epoch, List.of(item("s", "u", "b", 150)), Map.of("s", 70L)));
    await(store.append(P, epoch, List.of(item("s", "u", "c", 151)), Map.of("s", 150L)));
    assertThat(ids()).containsExactly("a 100", "b 150", "c 151");
  }

  @Test
  void lastOffsetsOfThousandsOfStreams() {
    appended(item("t7", "u", "a", 70));
    appended(item("t2999", "u", "b", 80));
    List<String> streams = IntStream.range(0, 3_000).mapToObj(i -> "t" + i).toList();
    Map<String, Long> last = await(store.lastOffsets(P, streams));
    assertThat(last).hasSize(3_000).containsEntry("t7", 70L).containsEntry("t2999", 80L);
    assertThat(last).containsEntry("t0", 0L);
  }

  @Test
  void manyHolesInOneCall() {
    Map<String, Store.Hole> holes =
        IntStream.range(0, 500)
            .boxed()
            .collect(Collectors.toMap(i -> "h" + i, i -> new Store.Hole(5, 9)));
    await(store.appendHoles(P, epoch, holes));
    assertThat(lastOffset(store, P, "h499")).isEqualTo(9);
    assertThat(await(store.history(P, "h1", 4, 10)).entries()).hasSize(1);
  }
}
