package io.ovation.moderation;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.metrics.Metrics;
import io.ovation.moderation.Ban.Active;
import io.ovation.store.ScriptedStore;
import io.ovation.store.SharedTable.Changes;
import io.ovation.store.SharedTable.Row;
import io.ovation.testkit.VirtualVertx;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ModerationTableTest {
  private final VirtualVertx time = new VirtualVertx();
  private final ScriptedStore store = new ScriptedStore();
  private final ModerationTable table =
      new ModerationTable(time.vertx(), store.table(), this::nanos, new Metrics());
  private final List<String> changed = new ArrayList<>();

  private long nanos() {
    return TimeUnit.MILLISECONDS.toNanos(time.now());
  }

  @BeforeEach
  void follow() {
    table.onSettings((stream, settings) -> changed.add(stream + " " + settings.slowModeMs()));
  }

  private static Row ban(String stream, String user, long version, long leftMs, boolean silent) {
    String value = new Ban(silent, "why", "mod", 1).encode();
    return new Row("b/" + stream + "/" + user, version, leftMs, value);
  }

  private static Row slow(String stream, long version, long ms) {
    StreamSettings settings = new StreamSettings(ms, false, true, 500, false);
    return new Row("s/" + stream, version, 10_000, settings.encode());
  }

  private void answer(long version, long forgotten, Row... rows) {
    store.take("changes").answer(new Changes(version, forgotten, List.of(rows)));
  }

  private static boolean silent(@Nullable Active ban) {
    return Objects.requireNonNull(ban).ban().silent();
  }

  @Test
  void everyChangeArrivesWithinHalfASecondAndABanEndsByItself() {
    Future<Void> started = table.start();
    assertThat(started.isComplete()).isFalse();
    answer(5, 0, ban("s", "a/b", 3, 60_000, false), slow("s", 5, 2_000));
    assertThat(started.succeeded()).isTrue();
    assertThat(table.ban("s", "a/b")).isNotNull();
    assertThat(table.ban("t", "a/b")).isNull();
    assertThat(table.settings("s").slowModeMs()).isEqualTo(2_000);
    time.pass(500);
    answer(6, 0, new Row("b/s/a/b", 6, 60_000, ""));
    assertThat(table.ban("s", "a/b")).isNull();
    time.pass(500);
    answer(7, 0, ban("s", "c", 7, 1_000, false));
    assertThat(table.bans("s")).extracting(Active::user).containsExactly("c");
    time.pass(999);
    assertThat(table.ban("s", "c")).isNotNull();
    time.pass(1);
    assertThat(table.ban("s", "c")).isNull();
    assertThat(table.bans("s")).isEmpty();
  }

  @Test
  void aBanOnAllStreamsCountsOnEachAndOneThatIsNotSilentDecides() {
    table.start();
    answer(9, 0, ban("*", "a", 1, 9_000, true), ban("s", "a", 2, 9_000, false));
    assertThat(silent(table.ban("s", "a"))).isFalse();
    assertThat(silent(table.ban("t", "a"))).isTrue();
    assertThat(table.bans(Ban.ALL_STREAMS)).hasSize(1);
  }

  @Test
  void aNodeThatWasCutOffForLongReadsEverythingAgain() {
    table.start();
    answer(5, 0, ban("s", "a", 3, 60_000, false), slow("s", 5, 2_000));
    time.pass(500);
    // The removal of a's ban, version 6, is forgotten.
    answer(9, 6, ban("s", "b", 9, 60_000, false));
    answer(9, 6, ban("s", "b", 9, 60_000, false));
    assertThat(table.bans("s")).extracting(Active::user).containsExactly("b");
    assertThat(changed).containsExactly("s 2000", "s 0");
  }

  @Test
  void aStoreThatLostItsDataIsFollowed() {
    table.start();
    answer(5, 0, ban("s", "a", 5, 60_000, false));
    time.pass(500);
    answer(2, 0);
    assertThat(table.ban("s", "a")).as("until the store answers").isNotNull();
    answer(2, 0);
    assertThat(table.ban("s", "a")).isNull();
  }

  /** What it had on disk before is there again; the moderator was told that the ban holds. */
  @Test
  void aBanThatTheStoreLostWithItsLastWritesIsMadeAgain() {
    table.start();
    answer(5, 0);
    Ban ban = new Ban(false, "why", "mod", 1);
    Future<Boolean> banned = table.ban("s", "a", ban, Duration.ofHours(1));
    store.take("put").answer(8L);
    answer(8, 0, ban("s", "a", 8, 3_600_000, false));
    assertThat(banned.result()).isTrue();
    for (long passed = 500; passed < 10_000; passed += 500) {
      time.pass(500);
      answer(9, 0);
    }
    time.pass(500);
    answer(9, 0, slow("t", 9, 2_000));
    assertThat(store.take("put").arguments).startsWith("b/s/a", ban.encode());
  }

  @Test
  void aBanThatTheStoreHasOrThatWasEndedSinceIsNotMadeAgain() {
    table.start();
    answer(5, 0);
    table.ban("s", "a", new Ban(false, "why", "mod", 1), Duration.ofHours(1));
    store.take("put").answer(8L);
    answer(8, 0);
    for (long passed = 500; passed < 10_000; passed += 500) {
      time.pass(500);
      answer(9, 0);
    }
    time.pass(500);
    answer(9, 0, new Row("b/s/a", 9, 60_000, ""));
    assertThat(store.waiting("put")).isZero();
    answer(9, 0);
    time.pass(500);
    answer(9, 0);
    assertThat(store.waiting("changes")).as("it is looked for once").isZero();
  }

  @Test
  void afterAFailureOrABadRowItGoesOn() {
    table.start();
    answer(1, 0);
    time.pass(500);
    store.take("changes").timeOut();
    time.pass(500);
    answer(3, 0, new Row("b/s/a", 2, 9, "no json"), ban("s", "b", 3, 60_000, false));
    assertThat(table.bans("s")).hasSize(1);
  }

  @Test
  void manyRowsAreReadInPages() {
    table.start();
    List<Row> page = new ArrayList<>();
    for (int i = 1; i <= 1_000; i++) {
      page.add(ban("s", "u" + i, i, 60_000, false));
    }
    answer(1_001, 0, page.toArray(Row[]::new));
    answer(1_001, 0, ban("s", "last", 1_001, 60_000, false));
    assertThat(table.bans("s")).hasSize(1_001);
  }

  /** Removed ones take their place in the table for days. */
  @Test
  void bansOfOneStreamLeaveRoomForThoseOfOthers() {
    table.start();
    for (int first = 1; first <= StreamShares.MOST; first += 1_000) {
      Row[] page = new Row[1_000];
      for (int i = 0; i < page.length; i++) {
        int version = first + i;
        page[i] =
            version % 2 == 0
                ? ban("s", "u" + version, version, 60_000, false)
                : new Row("b/s/u" + version, version, 90_000, "");
      }
      answer(StreamShares.MOST + 1, 0, page);
    }
    answer(StreamShares.MOST + 1, 0);
    assertThat(table.hasRoom("s", "new")).isFalse();
    assertThat(table.unban("s", "new").succeeded()).as("without a row of its own").isTrue();
    assertThat(table.hasRoom("s", "u1")).isTrue();
    assertThat(table.hasRoom("s", "u2")).isTrue();
    assertThat(table.hasRoom("t", "new")).isTrue();
    time.pass(59_999);
    assertThat(table.hasRoom("s", "new")).isFalse();
    time.pass(1);
    assertThat(table.hasRoom("s", "new")).isTrue();
  }

  @Test
  void whoBansSeesTheBanInEffectAtOnce() {
    table.start();
    answer(1, 0);
    Future<Boolean> done = table.ban("s", "a", new Ban(false, "", "m", 1), Duration.ofMinutes(1));
    store.take("put").answer(2L);
    answer(2, 0, ban("s", "a", 2, 60_000, false));
    assertThat(done.result()).isTrue();
    assertThat(table.ban("s", "a")).isNotNull();
  }
}
