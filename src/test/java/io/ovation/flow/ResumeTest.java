package io.ovation.flow;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.stage.ViewerShard.Gap;
import io.ovation.stage.ViewerShard.Replay;
import io.ovation.store.Store;
import io.ovation.store.Store.Append;
import io.ovation.store.Store.History;
import io.ovation.testkit.DispatchAndSupervise;
import io.ovation.testkit.RecordingShard;
import io.ovation.testkit.RecordingShard.Delivered;
import io.ovation.testkit.RecordingShard.Opened;
import io.ovation.testkit.RecordingShard.Replayed;
import io.ovation.wire.proto.Event;
import io.vertx.core.Future;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A viewer that resumes with its position gets exactly what it missed. */
class ResumeTest {
  private static final int KEPT = 200;

  @TempDir Path dir;
  private EmbeddedFlow flow;
  private Store store;
  private DispatchAndSupervise core;

  /** This many reads of history find it without its newest entry. */
  private final AtomicInteger behind = new AtomicInteger();

  @BeforeEach
  void start() {
    flow = new EmbeddedFlow(dir, KEPT, this::lagging);
    store = flow.store;
    core = flow.core;
  }

  @AfterEach
  void stop() {
    flow.close();
  }

  /** The real store, whose history may be a little behind, as a slow one's is. */
  private Store lagging(Store real) {
    return (Store)
        Proxy.newProxyInstance(
            getClass().getClassLoader(),
            new Class<?>[] {Store.class},
            (proxy, method, arguments) -> {
              try {
                Object answer = method.invoke(real, arguments);
                boolean lags = method.getName().equals("history") && behind.getAndDecrement() > 0;
                return lags ? ((Future<?>) answer).map(h -> shortened((History) h)) : answer;
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  private static History shortened(History full) {
    int size = full.entries().size();
    return new History(
        full.entries().subList(0, Math.max(0, size - 1)), full.complete(), full.more());
  }

  private void post(String stream, int from, int to) {
    IntStream.range(from, to)
        .mapToObj(i -> core.enqueue(stream, "u", "c" + i))
        .toList()
        .forEach(DispatchAndSupervise::await);
  }

  /** A stream with {@code count} comments, and a viewer that received all of them. */
  private RecordingShard seen(String stream, int count) {
    RecordingShard shard = flow.open(stream);
    post(stream, 0, count);
    shard.awaitDelivered(count);
    return shard;
  }

  private Replay replay(String stream, long since) {
    RecordingShard shard = new RecordingShard();
    core.subscriptions().requestReplay(stream, since, shard, "returning");
    shard.await(s -> !s.all(Replayed.class).isEmpty());
    return shard.all(Replayed.class).get(0).replay();
  }

  private static List<Long> offsets(Replay replay) {
    return replay.events().stream().map(Event::getOffset).toList();
  }

  private static List<Long> above(RecordingShard seen, long since) {
    return seen.all(Delivered.class).stream()
        .map(Delivered::offset)
        .filter(offset -> offset > since)
        .toList();
  }

  private double metric(String name) {
    return core.metrics()
        .scrape()
        .lines()
        .filter(line -> line.startsWith(name + " "))
        .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
        .findFirst()
        .orElse(0);
  }

  @Test
  void thousandsWhoReturnAtOnceShareFewReadings() {
    RecordingShard seen = seen("s1", 180);
    List<Delivered> all = seen.all(Delivered.class);
    RecordingShard crowd = new RecordingShard();
    for (int i = 0; i < 3_000; i++) {
      core.subscriptions().requestReplay("s1", all.get(i % 100).offset(), crowd, i);
    }
    crowd.await(s -> s.all(Replayed.class).size() == 3_000);
    for (Replayed answer : crowd.all(Replayed.class)) {
      long since = all.get((int) answer.viewer() % 100).offset();
      assertThat(answer.replay().gap()).isNull();
      assertThat(offsets(answer.replay())).isEqualTo(above(seen, since));
    }
    assertThat(metric("ovation_supervise_replays_total")).isEqualTo(3_000);
    assertThat(metric("ovation_supervise_replay_reads_total")).isLessThan(100);
    assertThat(metric("ovation_supervise_replays_shared_total")).isGreaterThan(2_800);
    assertThat(metric("ovation_supervise_replays_waiting")).isZero();
  }

  @Test
  void historyEndsExactlyWhereItSaysSo() {
    RecordingShard seen = seen("s1", KEPT + 50);
    List<Delivered> all = seen.all(Delivered.class);
    long newestDropped = all.get(49).offset();
    assertThat(replay("s1", newestDropped).gap()).isNull();
    assertThat(offsets(replay("s1", newestDropped))).isEqualTo(above(seen, newestDropped));
    long before = all.get(48).offset();
    Replay cut = replay("s1", before);
    Gap gap = Objects.requireNonNull(cut.gap());
    assertThat(gap.from()).isEqualTo(before + 1);
    assertThat(gap.to()).isBetween(newestDropped, all.get(50).offset() - 1);
    assertThat(offsets(cut)).isEqualTo(above(seen, newestDropped));
  }

  @Test
  void holeIsToldInItsPlaceAndWhatIsAroundItIsNotLost() {
    RecordingShard seen = seen("s1", 60);
    long last = seen.all(Delivered.class).get(59).offset();
    DispatchAndSupervise.await(
        store.appendHoles(
            core.partition("s1"), 1, Map.of("s1", new Store.Hole(last + 1, last + 2))));
    post("s1", 60, 150);
    seen.awaitDelivered(150);
    long since = seen.all(Delivered.class).get(9).offset();
    Replay replay = replay("s1", since);
    assertThat(replay.gap()).isNull();
    assertThat(offsets(replay)).isEqualTo(above(seen, since));
    assertThat(replay.holes()).containsExactly(new Gap(last + 1, last + 2));
  }

  @Test
  void historyThatIsALittleBehindTheNodeIsWaitedFor() {
    List<Append> items = new ArrayList<>();
    for (int i = 1; i <= 100; i++) {
      items.add(new Append("s1", "u", "c" + i, i * 10, "{\"offset\":".getBytes()));
    }
    DispatchAndSupervise.await(store.append(core.partition("s1"), 1, items));
    RecordingShard late = flow.open("s1");
    assertThat(late.all(Opened.class).get(0).offset()).isEqualTo(1_000);
    behind.set(3);
    Replay replay = replay("s1", 500);
    assertThat(behind.get()).isLessThanOrEqualTo(0);
    assertThat(replay.gap()).isNull();
    assertThat(replay.holes()).isEmpty();
    assertThat(offsets(replay)).hasSize(50).endsWith(1_000L);
    assertThat(replay.to()).isEqualTo(1_000);
  }

  @Test
  void historyThatStaysBehindIsAGapAtItsEndOnly() {
    List<Append> items = new ArrayList<>();
    for (int i = 1; i <= 10; i++) {
      items.add(new Append("s1", "u", "c" + i, i * 10, "{\"offset\":".getBytes()));
    }
    DispatchAndSupervise.await(store.append(core.partition("s1"), 1, items));
    flow.open("s1");
    behind.set(1_000_000);
    Replay replay = replay("s1", 50);
    assertThat(replay.gap()).isNull();
    assertThat(offsets(replay)).containsExactly(60L, 70L, 80L, 90L);
    assertThat(replay.holes()).containsExactly(new Gap(91, 100));
  }

  @Test
  void whoReturnsWhileAPartitionIsTakenOverGoesLiveWithoutASeam() {
    // All that is above its 21st comment stays within the history of KEPT events.
    RecordingShard seen = seen("s1", 40);
    long since = seen.all(Delivered.class).get(20).offset();
    List<Future<String>> sent = new ArrayList<>();
    for (int round = 0; round < 3; round++) {
      for (int i = 0; i < 60; i++) {
        sent.add(core.enqueue("s1", "u", "r" + round + "-" + i));
        core.subscriptions().requestReplay("s1", since, seen, "returning");
      }
      core.replaceDispatcher();
    }
    sent.forEach(DispatchAndSupervise::await);
    seen.awaitDelivered(40 + 180);
    seen.await(s -> s.all(Replayed.class).size() == 180);
    List<Long> expected = above(seen, since);
    assertThat(expected).hasSize(40 + 180 - 21).doesNotHaveDuplicates();
    for (Replayed answer : seen.all(Replayed.class)) {
      List<Long> got = new ArrayList<>(offsets(answer.replay()));
      got.addAll(above(seen, answer.replay().to()));
      assertThat(answer.replay().gap()).isNull();
      assertThat(answer.replay().holes()).isEmpty();
      assertThat(got).isEqualTo(expected);
    }
  }
}
