package io.ovation.store;

import static io.ovation.store.StoreAssertions.await;
import static io.ovation.store.StoreAssertions.eventually;
import static io.ovation.store.StoreAssertions.offsets;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.ovation.config.Config;
import io.ovation.store.SharedTable.Row;
import io.ovation.store.Store.Append;
import io.ovation.store.Store.Appended;
import io.ovation.store.Store.Effect;
import io.ovation.store.Store.Kept;
import io.ovation.store.Store.Pin;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** What every {@link Store} promises about deletions, pins and the table that all nodes share. */
public abstract class RemovalContract extends StreamContract {
  private static Append comment(String user, String id, long proposed) {
    return item(user, id, proposed, "comment", Effect.NONE, false);
  }

  private static Append event(String id, long proposed, Effect effect) {
    return item("", id, proposed, "event", effect, false);
  }

  private static Append item(
      String user, String id, long proposed, String type, Effect effect, boolean hidden) {
    byte[] body = ("{\"type\":\"" + type + "\",\"id\":\"" + id + "\",\"offset\":").getBytes(UTF_8);
    return new Append("s", user, id, proposed, body, false, hidden, effect);
  }

  private List<Appended> append(Append... items) {
    return await(store.append(P, epoch, List.of(items)));
  }

  private List<Long> history() {
    return offsets(await(store.history(P, "s", 0, 100)));
  }

  @Test
  void aDeletedCommentLeavesHistoryAndNothingElseDoes() {
    append(comment("a", "1", 10), comment("b", "1", 20), comment("a", "2", 30));
    append(event("d", 40, Effect.delete("a", "1")));
    assertThat(history()).containsExactly(20L, 30L, 40L);
    assertThat(await(store.history(P, "s", 5, 100)).complete()).isTrue();
    assertThat(await(store.newest(P, "s", Long.MAX_VALUE >> 1, 9)))
        .extracting(Kept::offset)
        .containsExactly(40L, 30L, 20L);
  }

  @Test
  void theOffsetOfAnIdIsFoundUntilItsCommentIsDeleted() {
    List<Store.EventId> ids =
        List.of(
            new Store.EventId(P, "s", "a", "1"),
            new Store.EventId(P, "s", "nobody", "1"),
            new Store.EventId(P, "s", "b", "1"));
    append(comment("a", "1", 10), comment("b", "1", 20));
    assertThat(await(store.offsetsOf(ids))).containsExactly(10L, 0L, 20L);
    append(event("d", 40, Effect.delete("a", "1")));
    assertThat(await(store.offsetsOf(ids))).containsExactly(0L, 0L, 20L);
  }

  @Test
  void aCommentThatArrivesAfterItsDeletionIsKnownAsDeleted() {
    append(event("d", 40, Effect.delete("a", "1")));
    Appended late = append(comment("a", "1", 50)).get(0);
    assertThat(late.known()).isTrue();
    assertThat(late.deleted()).isTrue();
    append(comment("a", "2", 60));
    append(event("e", 70, Effect.delete("a", "2")));
    assertThat(append(comment("a", "2", 60)))
        .containsExactly(new Appended(60, 40, true, true, 40, false));
    Append delivered = new Append("s", "a", "2", 65, new byte[] {1, 2}, true);
    assertThat(append(delivered).get(0).deleted()).isTrue();
    assertThat(history()).containsExactly(40L, 70L);
  }

  @Test
  void aPurgeTakesAllCommentsOfTheUserAndItsHeldOnes() {
    append(
        LongStream.rangeClosed(1, 15)
            .mapToObj(i -> comment(i % 2 == 0 ? "a" : "b", "id" + i, i))
            .toArray(Append[]::new));
    append(item("a", "e", 16, "event", Effect.NONE, false));
    append(item("", "h", 17, "held", Effect.pin(Effect.held("a", "x"), 60_000, 9), true));
    append(item("", "i", 18, "held", Effect.pin(Effect.held("ab", "x"), 60_000, 9), true));
    append(event("p", 19, Effect.purge("a")));
    assertThat(history()).containsExactly(1L, 3L, 5L, 7L, 9L, 11L, 13L, 15L, 16L, 17L, 18L, 19L);
    assertThat(await(store.pins(P, "s")))
        .extracting(Pin::name)
        .containsExactly(Effect.held("ab", "x"));
    assertThat(append(comment("a", "new", 20))).containsExactly(new Appended(20, 19, false));
  }

  @Test
  void aHiddenEventIsATombstoneForReaders() {
    append(comment("a", "1", 10), item("a", "2", 20, "comment", Effect.NONE, true));
    Kept hidden = await(store.history(P, "s", 10, 9)).entries().get(0);
    assertThat(hidden.tombstone()).isTrue();
    assertThat(hidden.hole()).isFalse();
    assertThat(RecentCommentsReader.isComment(hidden)).isFalse();
  }

  /** History has 20 events here, so two of these. */
  @Test
  void eventsThatNobodyWhoReturnsNeedsPushNoCommentOut() {
    append(comment("a", "1", 10), comment("b", "1", 20), comment("b", "2", 30));
    for (int i = 1; i <= 30; i++) {
      append(event("d" + i, 100 + i, Effect.delete("a", "never" + i)));
    }
    assertThat(history()).containsExactly(10L, 20L, 30L, 129L, 130L);
    for (int i = 1; i <= 30; i++) {
      append(item("", "r" + i, 200 + i, "reported", Effect.NONE, true));
    }
    assertThat(history()).containsExactly(10L, 20L, 30L, 229L, 230L);
    for (int i = 1; i <= 30; i++) {
      append(event("p" + i, 300 + i, Effect.purge("nobody")));
    }
    assertThat(history()).containsExactly(10L, 20L, 30L, 329L, 330L);
    assertThat(await(store.history(P, "s", 0, 100)).complete()).isTrue();
    assertThat(await(store.lastOffset(P, "s"))).isEqualTo(330);
  }

  @Test
  void aDeletionThatViewersWhoReturnNeedStaysInHistory() {
    append(comment("a", "1", 10), comment("a", "2", 20));
    append(item("", "h", 30, "held", Effect.pin(Effect.held("a", "3"), 60_000, 9), true));
    append(event("d", 40, Effect.delete("a", "1")), event("e", 50, Effect.delete("a", "3")));
    byte[] body = "{\"type\":\"deleted\",\"offset\":".getBytes(UTF_8);
    // Viewers have received it while the store was away: the comment may be one that was lost.
    append(new Append("s", "", "f", 60, body, true, false, Effect.delete("a", "lost")));
    for (int i = 1; i <= 30; i++) {
      append(event("g" + i, 100 + i, Effect.delete("a", "1"))); // Once more.
    }
    assertThat(history()).containsExactly(20L, 40L, 50L, 60L, 129L, 130L);
  }

  @Test
  void pinsAreReplacedByNameBoundedByGroupAndEnd() {
    append(
        event("1", 10, Effect.pin("ra", 60_000, 2)), event("2", 20, Effect.pin("rb", 60_000, 2)));
    append(
        event("3", 30, Effect.pin("ra", 60_000, 2)), event("4", 40, Effect.pin("hx", 60_000, 2)));
    assertThat(await(store.pins(P, "s")))
        .extracting(pin -> pin.name() + pin.offset())
        .containsExactlyInAnyOrder("ra30", "rb20", "hx40");
    append(event("5", 50, Effect.pin("rc", 100, 2)));
    assertThat(await(store.pins(P, "s"))).extracting(Pin::name).doesNotContain("rb");
    append(event("6", 60, Effect.unpin("ra")));
    eventually(() -> await(store.pins(P, "s")).size() == 1);
    Pin left = await(store.pins(P, "s")).get(0);
    assertThat(left.leftMs()).isBetween(1L, 60_000L);
    assertThat(new String(left.body(), UTF_8))
        .isEqualTo("{\"type\":\"event\",\"id\":\"4\",\"offset\":");
  }

  @Test
  void anAuthorsHeldCommentsPushOutNoneOfOthers() {
    append(
        event("1", 10, Effect.pin(Effect.held("b", "1"), 60_000, 100)),
        event("2", 20, Effect.pin(Effect.held("aa", "1"), 60_000, 100)));
    for (int i = 3; i <= 120; i++) {
      append(event("" + i, i * 10, Effect.pin(Effect.held("a", "" + i), 60_000, 100)));
    }
    assertThat(await(store.pins(P, "s")))
        .extracting(Pin::offset)
        .containsExactlyInAnyOrder(10L, 20L, 1190L, 1200L);
    assertThat(await(store.otherPins(P, "s", Effect.held("a", "120")))).isEqualTo(1);
    assertThat(await(store.otherPins(P, "s", Effect.held("a", "new")))).isEqualTo(2);
    assertThat(await(store.otherPins(P, "s", Effect.held("b", "1")))).isZero();
    append(event("end", 1300, Effect.pin(Effect.held("c", "1"), 50, 100)));
    eventually(() -> await(store.otherPins(P, "s", Effect.held("c", "2"))) == 0);
  }

  @Test
  void anEffectTakesPlaceOnce() {
    append(event("1", 10, Effect.purge("a")));
    append(comment("a", "1", 20));
    append(event("1", 30, Effect.purge("a")));
    assertThat(history()).containsExactly(10L, 20L);
  }

  @Test
  void recentCommentsAreFoundAmongOtherEventsAndPaged() {
    List<Append> items = new ArrayList<>();
    for (int i = 1; i <= 18; i++) {
      items.add(i % 3 == 0 ? comment("a", "" + i, i) : event("" + i, i, Effect.NONE));
    }
    await(store.append(P, epoch, items));
    RecentCommentsReader.Page newest =
        await(RecentCommentsReader.read(store, P, "s", Long.MAX_VALUE >> 1, 2));
    assertThat(newest.comments()).extracting(Kept::offset).containsExactly(15L, 18L);
    assertThat(newest.more()).isTrue();
    RecentCommentsReader.Page older = await(RecentCommentsReader.read(store, P, "s", 15, 4));
    assertThat(older.comments()).extracting(Kept::offset).containsExactly(3L, 6L, 9L, 12L);
    assertThat(older.more()).isFalse();
  }

  @Test
  void streamsWithAHistoryAreListed() {
    append(comment("a", "1", 10));
    await(store.append(P, epoch, List.of(new Append("t:1", "u", "1", 1, new byte[] {1, 2}))));
    assertThat(await(store.streams())).containsExactlyInAnyOrder("s", "t:1");
  }

  @Test
  void everyChangeOfTheTableIsFoundByItsVersion() throws Exception {
    SharedTable table = store.table();
    assertThat(await(table.changes(0)).rows()).isEmpty();
    long first = await(table.put("k1", "a b\nc", HOUR));
    long second = await(table.put("k2", "é😀", SHORT));
    assertThat(second).isGreaterThan(first);
    SharedTable.Changes all = await(table.changes(0));
    assertThat(all.version()).isEqualTo(second);
    assertThat(all.rows()).extracting(Row::value).containsExactly("a b\nc", "é😀");
    assertThat(all.rows().get(0).leftMs()).isBetween(1L, HOUR.toMillis());
    assertThat(await(table.changes(second)).rows()).isEmpty();
    long third = await(table.put("k1", "again", HOUR));
    long fourth = await(table.remove("k1"));
    assertThat(fourth).isGreaterThan(third);
    assertThat(await(table.changes(second)).rows())
        .extracting(Row::key, Row::gone)
        .containsExactly(tuple("k1", true));
    Store other = open(new Config.History(20, 1 << 22, HOUR));
    assertThat(await(other.table().changes(0)).version()).isEqualTo(fourth);
    await(other.close());
  }

  @Test
  void aRowThatExpiredAndIsSetAgainIsFoundOnce() {
    SharedTable table = store.table();
    long first = await(table.put("k1", "short", Duration.ofMillis(1)));
    long other = await(table.put("k2", "v", HOUR));
    eventually(() -> await(table.changes(0)).rows().stream().filter(it -> !it.gone()).count() == 1);
    long again = await(table.put("k1", "again", HOUR));
    assertThat(again).isGreaterThan(other);
    assertThat(await(table.changes(first)).rows())
        .extracting(Row::version, Row::key, Row::value)
        .containsExactly(tuple(other, "k2", "v"), tuple(again, "k1", "again"));
  }

  private SharedTable.Merged merge(String own, String region, String value, long stamp) {
    long ends = System.currentTimeMillis() + HOUR.toMillis();
    return await(
        store.table().merge(own, new SharedTable.Foreign(region, "k", value, ends, HOUR, stamp)));
  }

  private Row row() {
    List<Row> rows = await(store.table().changes(0)).rows();
    assertThat(rows).hasSize(1);
    return rows.get(0);
  }

  @Test
  void ofTwoRegionsChangesTheNewerHoldsInWhateverOrderTheyArrive() {
    assertThat(merge("b", "a", "a7", 7)).isEqualTo(SharedTable.Merged.SET);
    assertThat(merge("b", "a", "a6", 6)).isEqualTo(SharedTable.Merged.OLDER);
    assertThat(merge("b", "a", "a7", 7)).isEqualTo(SharedTable.Merged.OLDER);
    assertThat(merge("b", "c", "c7", 7)).isEqualTo(SharedTable.Merged.SET);
    assertThat(merge("b", "a", "a7", 7)).isEqualTo(SharedTable.Merged.OLDER);
    assertThat(row().value()).isEqualTo("c7");
    assertThat(row().own()).isFalse();
    // This region's own change is the newest, also against a clock ahead of its own.
    assertThat(merge("b", "a", "ahead", 3_000_000_000_000_000L)).isEqualTo(SharedTable.Merged.SET);
    long own = await(store.table().put("k", "own", HOUR));
    assertThat(own).isEqualTo(3_000_000_000_000_001L);
    assertThat(row()).returns("own", Row::value).returns(true, Row::own).returns(own, Row::version);
    assertThat(merge("b", "a", "late", own)).isEqualTo(SharedTable.Merged.OLDER);
    assertThat(merge("b", "c", "tie", own)).isEqualTo(SharedTable.Merged.SET);
  }

  @Test
  void aRemovalElsewhereHoldsAgainstWhatWasSetBefore() {
    long set = await(store.table().put("k", "v", HOUR));
    assertThat(merge("b", "a", "", set + 5)).isEqualTo(SharedTable.Merged.SET);
    assertThat(row().gone()).isTrue();
    assertThat(merge("b", "c", "between", set + 3)).isEqualTo(SharedTable.Merged.OLDER);
    assertThat(row().gone()).isTrue();
  }

  @Test
  void anotherRegionsRowEndsWhenItEndsThere() {
    long now = await(store.now());
    store.table().put("k", "v", HOUR);
    SharedTable.Foreign soon =
        new SharedTable.Foreign("c", "k", "soon", now + 9_000, HOUR, 3_000_000_000_000_000L);
    await(store.table().merge("b", soon));
    assertThat(row().leftMs()).isBetween(1L, 9_000L);
    SharedTable.Foreign over =
        new SharedTable.Foreign("c", "k", "over", now - 1, HOUR, 3_000_000_000_000_001L);
    await(store.table().merge("b", over));
    assertThat(row().gone()).isTrue();
    SharedTable.Foreign most =
        new SharedTable.Foreign("c", "k", "most", now * 2, HOUR, 3_000_000_000_000_002L);
    await(store.table().merge("b", most));
    assertThat(row().leftMs()).isBetween(1L, HOUR.toMillis());
  }

  @Test
  void aRowEndsByItself() {
    await(store.table().put("k", "v", Duration.ofMillis(100)));
    eventually(() -> await(store.table().changes(0)).rows().stream().allMatch(Row::gone));
  }

  @Test
  void manyChangesComeInPages() {
    for (int i = 0; i < SharedTable.PAGE + 5; i++) {
      Future<Long> put = store.table().put("k" + i, "v", HOUR);
      if (i % 200 == 0) {
        await(put);
      }
    }
    await(store.table().put("last", "v", HOUR));
    List<Row> page = await(store.table().changes(0)).rows();
    assertThat(page).hasSize(SharedTable.PAGE);
    assertThat(await(store.table().changes(page.get(SharedTable.PAGE - 1).version())).rows())
        .hasSize(6);
  }
}
