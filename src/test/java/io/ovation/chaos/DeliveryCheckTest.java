package io.ovation.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.chaos.StoredComments.Stored;
import io.ovation.testkit.CommentLoad.Times;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Runs that broke a promise: the checker must say so. One second is a million of offsets. */
class DeliveryCheckTest {
  private static final long SECOND = 1_000_000;

  private final Timeline timeline = new Timeline();
  private final Map<String, Times> accepted = new LinkedHashMap<>();
  private final List<ViewerRecord> viewers = new ArrayList<>();
  private final StoredComments history = new StoredComments("s");
  private final ViewerRecord one = viewer("one");
  private final ViewerRecord other = viewer("other");

  private ViewerRecord viewer(String name) {
    ViewerRecord viewer = new ViewerRecord(name, "s", timeline);
    viewer.message(JsonObject.of("type", "watching", "offset", 1L));
    viewers.add(viewer);
    return viewer;
  }

  /** Comments that are accepted one after the other: c1 in the first second, and so on. */
  private void accepted(int count) {
    for (int i = 1; i <= count; i++) {
      accepted.put("c" + i, new Times(i * SECOND, i * SECOND + 1_000));
    }
    history.completeFrom(0);
  }

  private static void sees(ViewerRecord viewer, String id, long offset) {
    viewer.message(JsonObject.of("type", "comment", "id", id, "offset", offset));
  }

  private static void told(ViewerRecord viewer, long from, long to) {
    viewer.message(JsonObject.of("type", "gap", "from", from, "to", to));
  }

  private void stored(String id, long offset) {
    history.page(List.of(new Stored(id, offset)), Long.MAX_VALUE);
  }

  private void allSeeAndStore(int from, int to) {
    for (int i = from; i <= to; i++) {
      sees(one, "c" + i, i * SECOND);
      sees(other, "c" + i, i * SECOND);
      stored("c" + i, i * SECOND);
    }
  }

  private List<String> violations() {
    return new DeliveryCheck(timeline, "s", accepted, viewers, history).violations();
  }

  private void condemned(String... words) {
    assertThat(violations()).hasSize(1);
    assertThat(violations().get(0)).contains(words);
  }

  @Test
  void aRunInWhichAllCameIsClean() {
    accepted(5);
    allSeeAndStore(1, 5);
    assertThat(violations()).isEmpty();
  }

  @Test
  void aCommentThatOnlyOthersSawIsLost() {
    accepted(2);
    sees(one, "c1", SECOND);
    stored("c1", SECOND);
    allSeeAndStore(2, 2);
    condemned("other on s lost 1", "c1");
  }

  @Test
  void aCommentThatNobodySawIsLostThoughThereWasAGapAtAnotherTime() {
    accepted(9);
    allSeeAndStore(1, 2);
    timeline.storeTrouble(2 * SECOND, 4 * SECOND);
    for (ViewerRecord viewer : viewers) {
      told(viewer, 2 * SECOND + 1, 4 * SECOND); // c3 and c4
    }
    allSeeAndStore(5, 6);
    allSeeAndStore(8, 9);
    assertThat(violations()).hasSize(2);
    assertThat(violations()).allSatisfy(v -> assertThat(v).contains("lost 1", "c7"));
  }

  @Test
  void aCommentThatNobodySawMayLieInAGapBetweenItsNeighbours() {
    accepted(5);
    allSeeAndStore(1, 2);
    timeline.storeTrouble(2 * SECOND, 4 * SECOND);
    for (ViewerRecord viewer : viewers) {
      told(viewer, 2 * SECOND + 1, 2 * SECOND + 2);
    }
    allSeeAndStore(4, 5);
    assertThat(violations()).isEmpty();
  }

  @Test
  void aCommentThatOnlyHistoryHasIsLostUnlessAGapCoversItsOffset() {
    accepted(3);
    allSeeAndStore(1, 1);
    stored("c2", 2 * SECOND);
    timeline.storeTrouble(SECOND, 3 * SECOND);
    told(one, SECOND + 1, 2 * SECOND);
    told(other, SECOND + 1, 2 * SECOND - 1);
    allSeeAndStore(3, 3);
    condemned("other on s lost 1", "c2");
  }

  @Test
  void aGapWhileTheStoreWasWellIsCondemned() {
    accepted(20);
    allSeeAndStore(1, 9);
    timeline.storeTrouble(SECOND, 2 * SECOND);
    told(one, 9 * SECOND + 1, 10 * SECOND);
    sees(other, "c10", 10 * SECOND);
    stored("c10", 10 * SECOND);
    allSeeAndStore(11, 20);
    condemned("one on s was told Gap", "the store was well");
  }

  @Test
  void aGapUpToTheLastCommentBeforeTheStoreWasAwayIsExplained() {
    accepted(4);
    allSeeAndStore(1, 1);
    sees(one, "c2", 2 * SECOND);
    stored("c2", 2 * SECOND);
    timeline.storeTrouble(3 * SECOND - SECOND / 2, 3 * SECOND);
    told(other, SECOND + 1, 2 * SECOND);
    allSeeAndStore(3, 4);
    assertThat(violations()).isEmpty();
  }

  @Test
  void oneOffsetForTwoCommentsIsCondemned() {
    accepted(2);
    sees(one, "c1", SECOND);
    sees(one, "c2", 2 * SECOND);
    sees(other, "c2", SECOND);
    sees(other, "c1", 2 * SECOND);
    stored("c1", SECOND);
    stored("c2", 2 * SECOND);
    assertThat(violations())
        .anySatisfy(v -> assertThat(v).contains("offset " + SECOND, "different comments"))
        .anySatisfy(v -> assertThat(v).contains("c1 on s has different offsets"));
  }

  @Test
  void historyThatGivesACommentAnotherOffsetIsCondemned() {
    accepted(1);
    sees(one, "c1", SECOND);
    sees(other, "c1", SECOND);
    stored("c1", SECOND + 1);
    assertThat(violations())
        .anySatisfy(v -> assertThat(v).contains("c1 on s has different offsets", "history"));
  }

  @Test
  void historyThatLacksWhatWasSeenIsCondemnedUnlessTheStoreWasAway() {
    accepted(3);
    allSeeAndStore(1, 1);
    sees(one, "c2", 2 * SECOND);
    sees(other, "c2", 2 * SECOND);
    allSeeAndStore(3, 3);
    condemned("history of s lacks 1", "c2");
    timeline.storeTrouble(2 * SECOND - 10, 2 * SECOND + 10);
    assertThat(violations()).isEmpty();
  }

  @Test
  void historyOutOfOrderIsCondemned() {
    history.page(List.of(new Stored("b", 2), new Stored("a", 1)), 10);
    history.page(List.of(new Stored("c", 10)), 10);
    assertThat(history.violations()).hasSize(2);
  }

  @Test
  void aCommentThatComesAgainIsCondemnedUnlessTheStoreLostIt() {
    accepted(1);
    allSeeAndStore(1, 1);
    sees(one, "c1", 5 * SECOND);
    assertThat(violations()).anySatisfy(v -> assertThat(v).contains("c1 came twice"));

    timeline.dataLoss(2 * SECOND, 3 * SECOND, 2 * SECOND);
    assertThat(violations()).anySatisfy(v -> assertThat(v).contains("c1 came twice"));

    timeline.storeTrouble(SECOND, 6 * SECOND);
    timeline.dataLoss(SECOND - 10, SECOND + 10, SECOND - 10);
    assertThat(violations()).isEmpty();
  }

  @Test
  void whatCameOutOfOrderAndWhoWasRefusedAreCondemned() {
    sees(one, "a", 3);
    sees(one, "b", 2);
    other.message(JsonObject.of("type", "error", "code", "invalid"));
    told(other, 9, 8);
    assertThat(one.violations()).hasSize(1);
    assertThat(other.violations()).hasSize(2);
  }

  @Test
  void theEffectOfWhatWasAcceptedLongBeforeALossIsNotExcused() {
    timeline.dataLoss(20 * SECOND, 22 * SECOND, 15 * SECOND);
    assertThat(timeline.effectMayBeLost(11 * SECOND)).isFalse();
    assertThat(timeline.effectMayBeLost(13 * SECOND)).isTrue();
    assertThat(timeline.effectMayBeLost(23 * SECOND)).isFalse();
    assertThat(timeline.mayBeLost(19 * SECOND)).isFalse();
  }
}
