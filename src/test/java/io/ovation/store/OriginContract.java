package io.ovation.store;

import static io.ovation.store.StoreAssertions.await;
import static io.ovation.store.StoreAssertions.item;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.store.Store.Append;
import io.ovation.store.Store.Appended;
import io.ovation.store.Store.Effect;
import io.ovation.store.Store.Origin;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What every {@link Store} does with items that another region accepted. */
public abstract class OriginContract extends DeliveredContract {

  private List<Appended> append(Append... items) {
    return await(store.append(P, epoch, List.of(items)));
  }

  /** The region's event at its offset there; the one before it was at {@code before}. */
  private static Append from(String region, long there, long before, long proposed) {
    return from(region, there, before, proposed, Effect.NONE);
  }

  private static Append from(String region, long there, long before, long proposed, Effect effect) {
    Append item = item("s", "u", "same", proposed);
    return new Append(
        "s",
        "u",
        "same",
        proposed,
        item.body(),
        false,
        false,
        effect,
        new Origin(region, there, before));
  }

  private static Append delivered(String region, long there, long before, long offset) {
    Append item = from(region, there, before, offset);
    return new Append(
        "s", "u", "same", offset, item.body(), true, false, Effect.NONE, item.origin());
  }

  private static Appended fresh(long offset, long previous) {
    return new Appended(offset, previous, false, false, 0, false);
  }

  private List<String> history() {
    return await(store.history(P, "s", 0, 100)).entries().stream()
        .map(kept -> (kept.hole() ? "hole " : "") + kept.offset())
        .toList();
  }

  @Test
  void whatAnotherRegionSendsAgainIsKnownWhateverItsId() {
    assertThat(append(from("a", 7, 0, 10), from("a", 8, 7, 11), from("a", 7, 0, 12)))
        .containsExactly(fresh(10, 0), fresh(11, 10), new Appended(10, 0, true, false, 0, false));
    assertThat(append(from("b", 7, 0, 12))).containsExactly(fresh(12, 11));
    assertThat(append(item("s", "u", "same", 13)))
        .containsExactly(new Appended(13, 12, false, false, 0, false));
    assertThat(history()).containsExactly("10", "11", "12", "13");
  }

  @Test
  void whatWasDeletedElsewhereBeforeItArrivesIsNotShownAndIsNoHole() {
    append(from("a", 6, 0, 10));
    append(from("c", 1, 0, 11, Effect.delete("u", "gone")));
    Append gone =
        new Append(
            "s",
            "u",
            "gone",
            12,
            item("s", "u", "gone", 12).body(),
            false,
            false,
            Effect.NONE,
            new Origin("a", 7, 6));
    assertThat(append(gone).get(0).deleted()).isTrue();
    assertThat(append(gone).get(0).deleted()).isTrue();
    assertThat(append(from("a", 8, 7, 13))).containsExactly(fresh(13, 11));
    assertThat(history()).containsExactly("10", "11", "13");
  }

  @Test
  void whatIsBehindItsRegionsMarkIsKnownWithoutItsOffset() {
    append(from("a", 20, 0, 10));
    assertThat(append(from("a", 19, 0, 11))).containsExactly(Appended.longAgo());
    assertThat(history()).containsExactly("10");
  }

  @Test
  void whatWasLostOnTheWayLeavesOneHoleInFrontOfWhatFollows() {
    append(from("a", 1, 0, 10));
    Appended after = append(from("a", 9, 5, 0)).get(0);
    assertThat(after.afterHole()).isTrue();
    assertThat(after.offset()).isEqualTo(after.previous() + 1);
    assertThat(append(from("a", 9, 5, 0)).get(0).known()).isTrue();
    assertThat(append(from("a", 12, 9, 0)).get(0).afterHole()).isFalse();
    assertThat(history()).hasSize(4).contains("10", "hole " + after.previous());
  }

  private static Append absent(String region, long there, long before) {
    Origin origin = new Origin(region, there, before);
    return new Append("s", "", "", 0, new byte[0], false, false, Effect.NONE, origin);
  }

  @Test
  void whatIsNotShownHereIsNoHoleAndHidesNone() {
    append(from("a", 1, 0, 10));
    assertThat(append(absent("a", 3, 1), absent("a", 3, 1)))
        .containsExactly(Appended.longAgo(), Appended.longAgo());
    assertThat(append(from("a", 4, 3, 20))).containsExactly(fresh(20, 10));
    // Number 6 was lost in front of 7, which is not shown: the hole is in front of 8.
    append(absent("a", 7, 6));
    assertThat(append(from("a", 8, 7, 0)).get(0).afterHole()).isTrue();
    assertThat(history()).hasSize(4).contains("10", "20");
  }

  @Test
  void whatWasDeletedStillTellsWhereItStood() {
    append(item("s", "u", "1", 10), item("s", "u", "2", 11));
    Append delete = item("s", "m", "d", 12);
    append(
        new Append("s", "m", "d", 12, delete.body(), false, false, Effect.delete("u", "2"), null));
    assertThat(append(item("s", "u", "2", 13)))
        .containsExactly(new Appended(11, 10, true, true, 10, false));
  }

  @Test
  void ownItemsNameTheOwnItemBeforeThem() {
    append(item("s", "u", "1", 10), from("a", 5, 0, 11));
    assertThat(append(item("s", "u", "2", 12), item("s", "u", "2", 99)))
        .containsExactly(
            new Appended(12, 11, false, false, 10, false),
            new Appended(12, 11, true, false, 10, false));
  }

  @Test
  void anAppendThatTookEffectLateIsNoItemThatOtherRegionsMiss() {
    append(item("s", "u", "1", 10), item("s", "u", "2", 900));
    Append late = item("s", "u", "2", 11);
    append(new Append("s", "u", "2", 11, late.body(), true));
    assertThat(append(item("s", "u", "3", 950)).get(0).ownPrevious()).isEqualTo(11);
  }

  @Test
  void whatWasDeliveredWithoutTheStoreKeepsItsOffsetAndRaisesItsRegionsMark() {
    assertThat(append(delivered("a", 5, 3, 50))).containsExactly(fresh(50, 0));
    assertThat(append(from("a", 5, 3, 60)).get(0).offset()).isEqualTo(50);
    assertThat(append(from("a", 4, 3, 61))).containsExactly(Appended.longAgo());
    assertThat(history()).containsExactly("50");
  }
}
