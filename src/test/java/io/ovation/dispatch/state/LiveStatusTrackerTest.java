package io.ovation.dispatch.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.cluster.ObjectStreamNames;
import io.ovation.dispatch.DispatchMetrics;
import io.ovation.metrics.Metrics;
import io.ovation.store.LastSeenIndex;
import io.ovation.store.StoreUnavailable;
import io.ovation.wire.proto.StreamStatus.Live;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** When viewers are sent a status, and what the store is asked first. */
class LiveStatusTrackerTest {
  private final Set<String> watched = new HashSet<>();
  private final List<String> sent = new ArrayList<>();
  private final Set<String> sentTo = new HashSet<>();
  private final Asked store = new Asked();
  private long now = 1_000;
  private final LiveStatusTracker tracker =
      new LiveStatusTracker(
          store,
          new ObjectStreamNames(""),
          new Watchers(),
          () -> now,
          new DispatchMetrics(new Metrics(), List.of()));

  @Test
  void aStreamThatIsWatchedIsAskedForOnce() {
    watch("1", "2", "3", "lobby");
    store.answer(Map.of(1L, 5_000L, 2L, LastSeenIndex.GONE));
    assertThat(sent).containsExactly("1 live", "2 dark");
    tracker.watched(List.of("1", "2", "3"));
    tracker.tick();
    assertThat(store.questions).hasSize(1);
    assertThat(live("1")).isEqualTo(Live.LIVE);
    assertThat(live("2")).isEqualTo(Live.DARK);
    assertThat(live("3")).isEqualTo(Live.UNHEARD);
    assertThat(live("lobby")).isEqualTo(Live.UNHEARD);
  }

  @Test
  void whatIsSeenGoesLiveAndIsDarkOnlyWhenTheStoreSaysSo() {
    watch("1");
    store.answer(Map.of());
    tracker.seen("1", 1_000);
    assertThat(sent).containsExactly("1 live");
    pass(900);
    assertThat(store.pending).isNull();
    pass(200);
    // Another node has renewed it.
    store.answer(Map.of(1L, 500L));
    pass(600);
    store.answer(Map.of(1L, LastSeenIndex.GONE));
    assertThat(sent).containsExactly("1 live", "1 dark");
    tracker.seen("1", 1_000);
    assertThat(sent).endsWith("1 live").hasSize(3);
  }

  @Test
  void whatIsSeenAgainInTimeCostsNoQuestionAndNoMessage() {
    watch("1");
    store.answer(Map.of());
    for (int i = 0; i < 10; i++) {
      tracker.seen("1", 1_000);
      pass(500);
    }
    assertThat(store.questions).hasSize(1);
    assertThat(sent).containsExactly("1 live");
  }

  @Test
  void whatIsSeenWhileTheStoreIsAskedStaysLive() {
    watch("1");
    store.answer(Map.of(1L, 100L));
    pass(200);
    tracker.seen("1", 1_000);
    store.answer(Map.of(1L, LastSeenIndex.GONE));
    assertThat(sent).containsExactly("1 live");
    pass(1_100);
    store.answer(Map.of(1L, LastSeenIndex.GONE));
    assertThat(sent).containsExactly("1 live", "1 dark");
  }

  @Test
  void aStoreThatIsAwayMakesNothingDark() {
    watch("1");
    store.answer(Map.of(1L, 100L));
    pass(200);
    store.fail();
    assertThat(sent).containsExactly("1 live");
    pass(200);
    store.answer(Map.of(1L, LastSeenIndex.GONE));
    assertThat(sent).containsExactly("1 live", "1 dark");
  }

  @Test
  void aStoreThatForgotEverythingMakesDarkWhatWasLive() {
    watch("1");
    store.answer(Map.of(1L, 100L));
    pass(200);
    store.answer(Map.of());
    assertThat(sent).containsExactly("1 live", "1 dark");
  }

  @Test
  void whatNobodyWatchesIsForgottenAndAskedForWhenSomebodyComes() {
    tracker.seen("1", 1_000);
    assertThat(sent).isEmpty();
    Future<Live> asked = tracker.of("1");
    store.answer(Map.of(1L, 300L));
    assertThat(asked.result()).isEqualTo(Live.LIVE);
    watch("1");
    store.answer(Map.of(1L, 300L));
    watched.clear();
    sentTo.clear();
    pass(400);
    watch("1");
    store.answer(Map.of(1L, 300L));
    assertThat(sent).containsExactly("1 live", "1 live");
  }

  @Test
  void whoComesAfterEverybodyLeftIsToldToo() {
    watch("1");
    store.answer(Map.of(1L, LastSeenIndex.GONE));
    sentTo.clear();
    watch("1");
    assertThat(sent).containsExactly("1 dark", "1 dark");
  }

  @Test
  void theStoreIsAskedInPages() {
    watch(IntStream.range(0, 1_200).mapToObj(Integer::toString).toArray(String[]::new));
    store.answer(Map.of());
    store.answer(Map.of());
    store.answer(Map.of(1_199L, 10L));
    assertThat(store.questions.stream().map(List::size)).containsExactly(500, 500, 200);
    assertThat(sent).containsExactly("1199 live");
  }

  private void watch(String... streams) {
    watched.addAll(List.of(streams));
    tracker.watched(List.of(streams));
  }

  private void pass(long ms) {
    now += ms;
    tracker.tick();
  }

  private Live live(String stream) {
    return tracker.of(stream).result();
  }

  private final class Watchers implements LiveStatusTracker.Viewers {
    @Override
    public boolean watching(String stream) {
      return watched.contains(stream);
    }

    @Override
    public void sendStatus(String stream, boolean live) {
      sent.add(stream + (live ? " live" : " dark"));
      sentTo.add(stream);
    }

    @Override
    public boolean statusSent(String stream) {
      return sentTo.contains(stream);
    }
  }

  /** Answers when the test lets it. */
  private static final class Asked implements LastSeenIndex {
    final List<List<Long>> questions = new ArrayList<>();
    @Nullable Promise<List<Long>> pending;

    void answer(Map<Long, Long> known) {
      Map<Long, Long> states = new HashMap<>(known);
      List<Long> asked = questions.get(questions.size() - 1);
      take().complete(asked.stream().map(id -> states.getOrDefault(id, UNHEARD)).toList());
    }

    void fail() {
      take().fail(new StoreUnavailable("away"));
    }

    private Promise<List<Long>> take() {
      Promise<List<Long>> now = pending;
      pending = null;
      assertThat(now).describedAs("a question").isNotNull();
      return java.util.Objects.requireNonNull(now);
    }

    @Override
    public Future<List<Long>> states(List<Long> ids) {
      assertThat(pending).describedAs("one question at a time").isNull();
      questions.add(List.copyOf(ids));
      pending = Promise.promise();
      return java.util.Objects.requireNonNull(pending).future();
    }

    @Override
    public Future<List<Long>> see(List<Sighting> seen, Duration ttl) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Future<Optional<Sighting>> find(long id) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Future<Page> page(@Nullable Long after, int limit) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Future<Long> count() {
      throw new UnsupportedOperationException();
    }
  }
}
