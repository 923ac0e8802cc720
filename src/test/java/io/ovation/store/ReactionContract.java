package io.ovation.store;

import static io.ovation.store.StoreAssertions.await;
import static io.ovation.store.StoreAssertions.eventually;
import static io.ovation.store.StoreAssertions.failure;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.config.Config;
import io.ovation.store.Store.Added;
import io.ovation.store.Store.Reactions;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What every {@link Store} promises about reactions: totals that hold each batch once. */
public abstract class ReactionContract extends RemovalContract {

  private static Reactions batch(String source, long number, String stream, long likes) {
    return new Reactions(source, number, Map.of(stream, Map.of("like", likes)));
  }

  private Added add(long epoch, Reactions... batches) {
    return await(store.addReactions(P, epoch, List.of(batches), HOUR));
  }

  private Map<String, Map<String, Long>> totals(String... streams) {
    return await(store.reactions(P, List.of(streams)));
  }

  @Test
  void countsAddUpByStreamAndKind() {
    long epoch = await(store.takePartition(P, 0));
    Reactions first =
        new Reactions("n1", 1, Map.of("s", Map.of("like", 2L, "wow", 1L), "t", Map.of("like", 9L)));
    Added added = add(epoch, first, batch("n2", 1, "s", 40));
    assertThat(added.known()).containsExactly(false, false);
    assertThat(added.totals())
        .isEqualTo(Map.of("s", Map.of("like", 42L, "wow", 1L), "t", Map.of("like", 9L)));
    assertThat(add(epoch, batch("n1", 2, "s", 1)).totals())
        .isEqualTo(Map.of("s", Map.of("like", 43L, "wow", 1L)));
    assertThat(totals("s", "t", "never"))
        .isEqualTo(Map.of("s", Map.of("like", 43L, "wow", 1L), "t", Map.of("like", 9L)));
    assertThat(totals()).isEmpty();
  }

  @Test
  void anotherRegionsTotalsAreKeptApartAndNeverGoBack() {
    long epoch = await(store.takePartition(P, 0));
    add(epoch, batch("n1", 1, "s", 5));
    Map<String, Map<String, Long>> theirs = Map.of("s", Map.of("like", 7L, "wow", 1L));
    assertThat(await(store.mergeReactions(P, epoch, "a", theirs, HOUR)))
        .isEqualTo(Map.of("s", Map.of("like", 5L, "a/like", 7L, "a/wow", 1L)));
    await(store.mergeReactions(P, epoch, "a", Map.of("s", Map.of("like", 3L)), HOUR));
    await(store.mergeReactions(P, epoch, "c", Map.of("s", Map.of("like", 2L)), HOUR));
    assertThat(add(epoch, batch("n1", 2, "s", 1)).totals())
        .isEqualTo(Map.of("s", Map.of("like", 6L, "a/like", 7L, "a/wow", 1L, "c/like", 2L)));
    await(store.takePartition(P, 0));
    assertThat(failure(store.mergeReactions(P, epoch, "a", theirs, HOUR)))
        .isInstanceOf(StaleEpoch.class);
  }

  @Test
  void aBatchIsAddedOnceHoweverOftenItComes() {
    long epoch = await(store.takePartition(P, 0));
    add(epoch, batch("n1", 1, "s", 5), batch("n1", 3, "s", 7));
    Added again =
        add(epoch, batch("n1", 3, "s", 7), batch("n1", 2, "s", 11), batch("n1", 1, "s", 5));
    assertThat(again.known()).containsExactly(true, false, true);
    assertThat(again.totals()).isEqualTo(Map.of("s", Map.of("like", 23L)));
    Added twice = add(epoch, batch("n2", 1, "s", 1), batch("n2", 1, "s", 1));
    assertThat(twice.known()).containsExactly(false, true);
    assertThat(totals("s")).isEqualTo(Map.of("s", Map.of("like", 24L)));
    assertThat(add(epoch, batch("n2", 1, "u", 1)).totals()).isEmpty();
  }

  @Test
  void numbersAreRememberedWhereverTheyLie() {
    long epoch = await(store.takePartition(P, 0));
    long sum = 0;
    for (long number : new long[] {0, 1, 7, 8, 4_095, 4_096, 4_097, 8_192, 1_000_000_000_000L}) {
      assertThat(add(epoch, batch("n", number, "s", 1)).known()).containsExactly(false);
      assertThat(add(epoch, batch("n", number, "s", 1)).known()).containsExactly(true);
      sum++;
    }
    assertThat(totals("s")).isEqualTo(Map.of("s", Map.of("like", sum)));
  }

  @Test
  void aLowerEpochAddsNothing() {
    long old = await(store.takePartition(P, 0));
    long current = await(store.takePartition(P, 0));
    assertThat(failure(store.addReactions(P, old, List.of(batch("n", 1, "s", 5)), HOUR)))
        .isInstanceOf(StaleEpoch.class);
    assertThat(totals("s")).isEmpty();
    assertThat(add(current, batch("n", 1, "s", 5)).known()).containsExactly(false);
  }

  @Test
  void partitionsRememberApart() {
    long epoch = await(store.takePartition(P, 0));
    long other = await(store.takePartition(P + 1, 0));
    add(epoch, batch("n", 1, "s", 5));
    Added added = await(store.addReactions(P + 1, other, List.of(batch("n", 1, "t", 6)), HOUR));
    assertThat(added.known()).containsExactly(false);
  }

  @Test
  void totalsOutliveTheProcessAndVanishByThemselves() throws Exception {
    long epoch = await(store.takePartition(P, 0));
    add(epoch, batch("n", 1, "s", 5));
    Store other = open(new Config.History(20, 1 << 22, HOUR));
    assertThat(await(other.reactions(P, List.of("s")))).containsKey("s");
    await(other.close());
    await(store.addReactions(P, epoch, List.of(batch("n", 2, "s", 1)), SHORT));
    eventually(() -> totals("s").isEmpty());
    assertThat(add(epoch, batch("n", 3, "s", 1)).totals())
        .isEqualTo(Map.of("s", Map.of("like", 1L)));
  }

  @Test
  void ofManyAtOnceEachCounts() {
    long epoch = await(store.takePartition(P, 0));
    List<Future<?>> adds = new ArrayList<>();
    for (int i = 1; i <= 200; i++) {
      List<Reactions> batches = List.of(batch("n" + i % 3, i, "s", i), batch("x", i, "t" + i, 1));
      adds.add(store.addReactions(P, epoch, batches, HOUR));
      adds.add(store.addReactions(P, epoch, batches, HOUR));
    }
    await(Future.all(adds));
    assertThat(totals("s")).isEqualTo(Map.of("s", Map.of("like", 200L * 201 / 2)));
  }
}
