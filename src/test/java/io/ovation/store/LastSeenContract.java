package io.ovation.store;

import static io.ovation.store.StoreAssertions.await;
import static io.ovation.store.StoreAssertions.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.store.LastSeenIndex.Page;
import io.ovation.store.LastSeenIndex.Sighting;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What every store promises of {@link LastSeenIndex}. */
public abstract class LastSeenContract extends StoreContract {

  @Test
  void anObjectIsFoundWithTheTimeItWasSeenLast() {
    assertThat(await(seen().find(7))).isEmpty();
    assertThat(await(seen().see(List.of(at(7, 1_000)), HOUR)).get(0))
        .isBetween(HOUR.toMillis() - 60_000, HOUR.toMillis());
    await(seen().see(List.of(at(7, 2_000)), HOUR.plusSeconds(1)));
    assertThat(await(seen().find(7))).contains(at(7, 2_000));
  }

  @Test
  void anObjectVanishesByItselfAndIsStillHeardOf() {
    await(seen().see(List.of(at(1, 5)), SHORT));
    await(seen().see(List.of(at(2, 5)), HOUR));
    long left = await(seen().states(List.of(2L))).get(0);
    assertThat(left).isBetween(1L, HOUR.toMillis());
    eventually(() -> await(seen().find(1)).isEmpty());
    assertThat(ids(await(seen().page(null, 10)))).containsExactly(2L);
    assertThat(await(seen().states(List.of(1L, 3L))))
        .containsExactly(LastSeenIndex.GONE, LastSeenIndex.UNHEARD);
    eventually(() -> await(seen().count()) == 1);
  }

  @Test
  void aWriteThatComesLateTakesNothingBack() {
    await(seen().see(List.of(at(1, 2_000)), HOUR));
    long left = await(seen().see(List.of(at(1, 1_000)), SHORT)).get(0);
    assertThat(left).isGreaterThan(HOUR.toMillis() / 2);
    assertThat(await(seen().find(1))).contains(at(1, 2_000));
  }

  @Test
  void pagesComeInTheOrderOfTheNumbers() {
    List<Long> all =
        new ArrayList<>(
            LongStream.rangeClosed(-120, 120).map(i -> i * 7_777_777_777L).boxed().toList());
    all.add(Long.MIN_VALUE);
    all.add(Long.MAX_VALUE);
    List<Long> mixed = new ArrayList<>(all);
    Collections.shuffle(mixed, new java.util.Random(1));
    await(seen().see(mixed.stream().map(id -> at(id, 3)).toList(), HOUR));
    Collections.sort(all);

    List<Long> read = new ArrayList<>();
    Page page = await(seen().page(null, 50));
    read.addAll(ids(page));
    for (Long next = page.next(); next != null; next = page.next()) {
      page = await(seen().page(next, 50));
      read.addAll(ids(page));
    }
    assertThat(read).isEqualTo(all);
    assertThat(ids(await(seen().page(-1L, 2)))).containsExactly(0L, 7_777_777_777L);
    assertThat(await(seen().page(Long.MAX_VALUE, 10))).isEqualTo(new Page(List.of(), null));
    assertThat(await(seen().count())).isEqualTo(all.size());
  }

  @Test
  void pagesLeadPastWhatIsOver() {
    await(seen().see(LongStream.range(0, 200).mapToObj(i -> at(i, 1)).toList(), SHORT));
    await(seen().see(List.of(at(200, 1), at(201, 1)), HOUR));
    eventually(() -> await(seen().find(199)).isEmpty());
    List<Long> read = new ArrayList<>();
    @Nullable Long next = null;
    do {
      Page page = await(seen().page(next, 10));
      read.addAll(ids(page));
      next = page.next();
    } while (next != null);
    assertThat(read).containsExactly(200L, 201L);
  }

  @Test
  void nothingAskedIsNothingAnswered() {
    assertThat(await(seen().see(List.of(), HOUR))).isEmpty();
    assertThat(await(seen().states(List.of()))).isEmpty();
    assertThat(await(seen().page(null, 1))).isEqualTo(new Page(List.of(), null));
    assertThat(await(seen().count())).isZero();
  }

  /** On a machine where nothing waits: what is due is gone at once, by the store's own clock. */
  @Test
  void timeToLiveIsKeptToTheSecond() {
    Duration ttl = Duration.ofMillis(1_500);
    long begun = System.nanoTime();
    await(seen().see(List.of(at(1, 1)), ttl));
    eventually(() -> await(seen().find(1)).isEmpty());
    long took = (System.nanoTime() - begun) / 1_000_000;
    assertThat(took).isBetween(1_490L, 20_000L);
  }

  private LastSeenIndex seen() {
    return store.sightings();
  }

  private static Sighting at(long id, long ms) {
    return new Sighting(id, ms);
  }

  private static List<Long> ids(Page page) {
    return page.sightings().stream().map(Sighting::id).toList();
  }
}
