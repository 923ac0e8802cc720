package io.ovation.store;

import static io.ovation.store.StoreAssertions.await;
import static io.ovation.store.StoreAssertions.eventually;
import static io.ovation.store.StoreAssertions.failure;
import static io.ovation.store.StoreAssertions.item;
import static io.ovation.store.StoreAssertions.offsets;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.assertj.core.api.Assertions.within;

import io.ovation.config.Config;
import io.ovation.store.Store.Versioned;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What every {@link Store} promises beside {@link StreamContract} and {@link LastSeenContract}:
 * epochs, records, facts.
 */
public abstract class StoreContract {
  protected static final Duration HOUR = Duration.ofHours(1);
  protected static final Duration SHORT = Duration.ofMillis(150);
  protected static final int P = 3;

  protected Vertx vertx;
  protected Store store;

  /** Opens a store on the test's own data; a second one of the same test sees the same data. */
  protected abstract Store open(Config.History history) throws Exception;

  /** Empties what the test before may have left. */
  protected void forgetAll() {}

  @BeforeEach
  void openStore() throws Exception {
    vertx = Vertx.vertx();
    forgetAll();
    store = open(new Config.History(20, 1 << 22, HOUR));
  }

  @AfterEach
  void closeStore() {
    await(store.close());
    await(vertx.close());
  }

  @Test
  void everyEpochOfAPartitionIsAboveThoseBefore() {
    long first = await(store.takePartition(P + 1));
    assertThat(first).isPositive();
    assertThat(await(store.takePartition(P + 1))).isGreaterThan(first);
  }

  @Test
  void anEpochIsAtLeastWhatTheCallerAsksFor() {
    long first = await(store.takePartition(P));
    long far = first + 1_000_000_000_000L;
    assertThat(await(store.takePartition(P, far))).isEqualTo(far);
    assertThat(await(store.takePartition(P, 5))).isEqualTo(far + 1);
    assertThat(failure(store.append(P, far, List.of(item("s", "u", "1", 1)))))
        .isInstanceOf(StaleEpoch.class);
  }

  @Test
  void aStoreThatLostItsDataIsGivenAHigherEpochInOneCall() {
    long lost = await(store.takePartition(P, 57));
    forgetAll();
    assertThat(await(store.takePartition(P, lost + 1))).isGreaterThan(lost);
  }

  @Test
  void lastOffsetsAndHolesOfManyStreamsAreReadAndWrittenInPages() {
    long epoch = await(store.takePartition(P));
    Map<String, Store.Hole> holes = new HashMap<>();
    for (int i = 1; i <= 2 * Store.PAGE + 500; i++) {
      holes.put("s" + i, new Store.Hole(i, 10L * i));
    }
    await(store.appendHoles(P, epoch, holes));
    await(store.appendHoles(P, epoch, holes)); // Again, as after a lost answer.
    List<String> asked = new ArrayList<>(holes.keySet());
    asked.add("unknown");
    Map<String, Long> lasts = await(store.lastOffsets(P, asked));
    assertThat(lasts).hasSize(asked.size()).containsEntry("unknown", 0L);
    holes.forEach((stream, hole) -> assertThat(lasts).containsEntry(stream, hole.to()));
    assertThat(await(store.history(P, "s1700", 0, 9)).entries())
        .extracting(Store.Kept::from, Store.Kept::offset)
        .containsExactly(tuple(1700L, 17000L));
    Map<String, Store.Hole> one = Map.of("s1", new Store.Hole(2, 3));
    assertThat(failure(store.appendHoles(P, epoch - 1, one))).isInstanceOf(StaleEpoch.class);
    assertThat(await(store.lastOffsets(P, List.of()))).isEmpty();
  }

  @Test
  void aLowerEpochIsRefusedHavingDoneNothing() {
    long old = await(store.takePartition(P));
    long current = await(store.takePartition(P));

    var items = List.of(item("s", "u", "1", 10), item("t", "u", "1", 10));
    assertThat(failure(store.append(P, old, items))).isInstanceOf(StaleEpoch.class);
    assertThat(failure(store.appendHole(P, old, "s", 5, 9))).isInstanceOf(StaleEpoch.class);

    assertThat(await(store.lastOffset(P, "s"))).isZero();
    assertThat(await(store.history(P, "s", 0, 10)).entries()).isEmpty();
    assertThat(await(store.append(P, current, items))).noneMatch(Store.Appended::known);
  }

  @Test
  void anEpochFencesItsOwnPartitionOnly() {
    long epoch = await(store.takePartition(P));
    await(store.takePartition(P + 1));
    await(store.takePartition(P + 1));
    assertThat(offsets(await(store.append(P, epoch, List.of(item("s", "u", "1", 7))))))
        .containsExactly(7L);
  }

  @Test
  void theStoreTellsItsTime() {
    long first = await(store.now());
    assertThat(first).isCloseTo(System.currentTimeMillis(), within(60_000L));
    eventually(() -> await(store.now()) > first);
  }

  @Test
  void aRecordIsWrittenOnlyOverTheExpectedVersion() {
    assertThat(await(store.read("r"))).isEmpty();
    assertThat(await(store.compareAndSet("r", 0, "a", HOUR))).isEqualTo(new Versioned(1, "a"));
    assertThat(await(store.compareAndSet("r", 0, "b", HOUR))).isEqualTo(new Versioned(1, "a"));
    assertThat(await(store.compareAndSet("r", 2, "b", HOUR))).isEqualTo(new Versioned(1, "a"));
    assertThat(await(store.compareAndSet("r", 1, "b", HOUR))).isEqualTo(new Versioned(2, "b"));
    assertThat(await(store.read("r"))).contains(new Versioned(2, "b"));
    assertThat(await(store.compareAndSet("none", 1, "b", HOUR))).isEqualTo(new Versioned(0, ""));
    assertThat(await(store.read("none"))).isEmpty();
  }

  @Test
  void anExpiredRecordDoesNotExist() {
    await(store.compareAndSet("r", 0, "a", HOUR));
    await(store.compareAndSet("r", 1, "b", SHORT));
    eventually(() -> await(store.read("r")).isEmpty());
    assertThat(await(store.compareAndSet("r", 0, "c", HOUR))).isEqualTo(new Versioned(1, "c"));
  }

  @Test
  void ofRacingWritersOneWinsEachVersion() {
    List<Future<Long>> writers = new ArrayList<>();
    for (int w = 0; w < 4; w++) {
      writers.add(win("r", "w" + w, 25, 0));
    }
    await(Future.all(writers));
    long won = writers.stream().mapToLong(Future::result).sum();
    assertThat(won).isEqualTo(100);
    assertThat(await(store.read("r")).orElseThrow().version()).isEqualTo(100);
  }

  /** Writes until it won {@code times} times; each value is unique by its writer and turn. */
  private Future<Long> win(String key, String writer, int times, long expected) {
    if (times == 0) {
      return Future.succeededFuture(0L);
    }
    String value = writer + "/" + times;
    return store
        .compareAndSet(key, expected, value, HOUR)
        .compose(
            now ->
                now.value().equals(value)
                    ? win(key, writer, times - 1, now.version()).map(won -> won + 1)
                    : win(key, writer, times, now.version()));
  }

  @Test
  void aFactIsSetOnce() {
    assertThat(await(store.setOnce("partitions", "16"))).isEqualTo("16");
    assertThat(await(store.setOnce("partitions", "32"))).isEqualTo("16");
    assertThat(await(store.setOnce("other", "32"))).isEqualTo("32");
  }

  @Test
  void aRecordAndAFactMayHaveOneName() {
    await(store.setOnce("x", "fact"));
    await(store.compareAndSet("x", 0, "record", HOUR));
    assertThat(await(store.read("x")).map(Versioned::value)).contains("record");
    assertThat(await(store.setOnce("x", "?"))).isEqualTo("fact");
  }

  @Test
  void answersComeOnTheCallersContext() {
    Promise<Boolean> same = Promise.promise();
    Context context = vertx.getOrCreateContext();
    context.runOnContext(
        v ->
            store
                .takePartition(P)
                .compose(epoch -> store.append(P, epoch, List.of(item("s", "u", "1", 1))))
                .compose(done -> store.history(P, "s", 0, 1))
                .compose(done -> store.read("k"))
                .map(done -> Vertx.currentContext() == context)
                .onComplete(same));
    assertThat(await(same.future())).isTrue();
  }

  @Test
  void itAnswersUntilItIsClosed() throws Exception {
    Store other = open(new Config.History(1, 1 << 22, HOUR));
    await(other.ping());
    await(other.close());
    assertThat(failure(other.ping())).isInstanceOf(StoreUnavailable.class);
    assertThat(failure(other.read("k"))).isInstanceOf(StoreUnavailable.class);
    assertThat(failure(other.setOnce("k", "v"))).isInstanceOf(StoreUnavailable.class);
    await(store.ping());
  }
}
