package io.ovation.store;

import static io.ovation.store.StoreAssertions.await;
import static io.ovation.store.StoreAssertions.eventually;
import static io.ovation.store.StoreAssertions.item;
import static io.ovation.store.StoreAssertions.offsets;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.config.Config;
import io.ovation.store.Store.Append;
import io.ovation.store.Store.Appended;
import io.ovation.store.Store.History;
import io.ovation.store.Store.Kept;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** What every {@link Store} promises about streams: offsets, known ids, history, holes. */
public abstract class StreamContract extends OriginContract {
  private List<Appended> append(Append... items) {
    return await(store.append(P, epoch, List.of(items)));
  }

  private void appendOneByOne(String stream, long from, long to) {
    for (long offset = from; offset <= to; offset++) {
      append(item(stream, "u", "id" + offset, offset));
    }
  }

  private History history(String stream, long after, int limit) {
    return await(store.history(P, stream, after, limit));
  }

  @Test
  void anOffsetIsTheProposedOneUnlessTheStreamIsPastIt() {
    assertThat(await(store.lastOffset(P, "s"))).isZero();
    assertThat(append(item("s", "u", "1", 100), item("s", "u", "2", 50), item("s", "u", "3", 200)))
        .containsExactly(
            new Appended(100, 0, false),
            new Appended(101, 100, false),
            new Appended(200, 101, false));
    assertThat(append(item("s", "u", "4", 1))).containsExactly(new Appended(201, 200, false));
    assertThat(await(store.lastOffset(P, "s"))).isEqualTo(201);
  }

  @Test
  void streamsOfOneBatchDoNotTouchOneAnother() {
    assertThat(
            append(
                item("s", "u", "1", 100),
                item("t", "u", "1", 5),
                item("s", "u", "2", 1),
                item("t", "u", "2", 1)))
        .containsExactly(
            new Appended(100, 0, false),
            new Appended(5, 0, false),
            new Appended(101, 100, false),
            new Appended(6, 5, false));
    assertThat(offsets(history("s", 0, 9))).containsExactly(100L, 101L);
    assertThat(offsets(history("t", 0, 9))).containsExactly(5L, 6L);
  }

  @Test
  void aKnownIdKeepsItsOffsetAndIsNotAppendedAgain() {
    append(item("s", "u", "1", 10), item("s", "u", "2", 20));
    assertThat(append(item("s", "u", "2", 99), item("s", "u", "3", 30), item("s", "u", "1", 99)))
        .containsExactly(
            new Appended(20, 10, true), new Appended(30, 20, false), new Appended(10, 0, true));
    assertThat(offsets(history("s", 0, 9))).containsExactly(10L, 20L, 30L);
  }

  @Test
  void theSameIdTwiceInOneBatchIsAppendedOnce() {
    assertThat(append(item("s", "u", "1", 10), item("s", "u", "1", 20), item("s", "u", "2", 1)))
        .containsExactly(
            new Appended(10, 0, false), new Appended(10, 0, true), new Appended(11, 10, false));
  }

  @Test
  void anIdIsKnownToALaterOwnerToo() {
    append(item("s", "u", "1", 10));
    epoch = await(store.takePartition(P));
    assertThat(append(item("s", "u", "1", 20))).containsExactly(new Appended(10, 0, true));
  }

  @Test
  void idsAreApartPerStreamAndUserWhateverTheyContain() {
    List<String> streams = List.of("a", "a:", "a-1", "a.b", ":a", "1", "s".repeat(128));
    List<String> texts =
        List.of("a", "a/", "/a", "1/a", "a:1", "a\u0000", "\u0000", "é😀", "😀".repeat(64), " ");
    List<Append> items = new ArrayList<>();
    for (String stream : streams) {
      for (String user : texts) {
        for (String id : texts) {
          items.add(item(stream, user, id, 1));
        }
      }
    }
    assertThat(await(store.append(P, epoch, items))).noneMatch(Appended::known);
    assertThat(await(store.append(P, epoch, items))).allMatch(Appended::known);
    Kept last = history("a:", 0, 100).entries().get(19);
    assertThat(List.of(last.user(), last.id())).containsExactly(" ", " ");
  }

  @Test
  void bodiesUsersAndIdsComeBackByteForByte() {
    byte[] body = new byte[70_000];
    new Random(1).nextBytes(body);
    append(new Append("s:1.x-", "\u0000/😀:", "i\r\n", 7, body));
    append(new Append("s:1.x-", "b", "2", 8, "\r\n".getBytes(UTF_8)));
    List<Kept> kept = history("s:1.x-", 0, 9).entries();
    assertThat(kept.get(0).body()).isEqualTo(body);
    assertThat(kept.get(0).user()).isEqualTo("\u0000/😀:");
    assertThat(kept.get(0).id()).isEqualTo("i\r\n");
    assertThat(kept.get(0).from()).isEqualTo(7);
    assertThat(kept.get(0).hole()).isFalse();
    assertThat(kept.get(1).body()).isEqualTo("\r\n".getBytes(UTF_8));
  }

  @Test
  void offsetsAreExactUpToTheLargestThatJsonHolds() {
    long top = (1L << 53) - 1;
    long micros = 1_790_000_000_123_457L;
    assertThat(offsets(append(item("s", "u", "1", micros), item("s", "u", "2", 1))))
        .containsExactly(micros, micros + 1);
    await(store.appendHole(P, epoch, "s", top - 1, top - 1));
    assertThat(offsets(append(item("s", "u", "4", 1)))).containsExactly(top);
    assertThat(await(store.lastOffset(P, "s"))).isEqualTo(top);
    assertThat(append(item("s", "u", "4", 1)))
        .containsExactly(new Appended(top, top - 1, true, false, micros + 1, false));
    assertThat(offsets(history("s", micros, 9))).containsExactly(micros + 1, top - 1, top);
  }

  @Test
  void anOffsetIsTheStoresTimeUnlessOneIsProposed() {
    long before = micros() - 1_000;
    long first = offsets(append(item("s", "u", "1", 0))).get(0);
    assertThat(first).isBetween(before, micros());
    assertThat(offsets(append(item("s", "u", "2", before)))).containsExactly(first + 1);
    assertThat(offsets(append(item("s", "u", "3", 0))).get(0)).isBetween(first + 2, micros());
  }

  @Test
  void noProposalGetsAStreamAheadOfTheStoresClock() {
    long year = TimeUnit.DAYS.toMicros(365);
    long first = offsets(append(item("s", "u", "1", micros() + year))).get(0);
    assertThat(first).isLessThanOrEqualTo(micros());
    assertThat(offsets(append(item("s", "u", "2", micros() + year))).get(0))
        .isBetween(first + 1, micros());
  }

  /** The end of this millisecond, by the clock of this machine, which is the store's too. */
  private static long micros() {
    return TimeUnit.MILLISECONDS.toMicros(System.currentTimeMillis() + 1);
  }

  @Test
  void aLargeBatchOverManyStreamsIsOneStep() {
    List<Append> items = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      items.add(item("s" + i % 50, "u" + i, "id", 1_000 + i));
    }
    assertThat(offsets(await(store.append(P, epoch, items))))
        .isEqualTo(LongStream.range(1_000, 1_500).boxed().toList());
    assertThat(offsets(history("s7", 0, 20)))
        .isEqualTo(LongStream.iterate(1_007, o -> o + 50).limit(10).boxed().toList());
  }

  @Test
  void anEmptyBatchIsAnsweredByNothing() {
    assertThat(append()).isEmpty();
  }

  @Test
  void historyIsReadInPagesAboveAnOffset() {
    appendOneByOne("s", 1, 9);
    assertThat(offsets(history("s", 0, 4))).containsExactly(1L, 2L, 3L, 4L);
    assertThat(history("s", 0, 4).more()).isTrue();
    assertThat(history("s", 0, 4).complete()).isTrue();
    assertThat(offsets(history("s", 4, 5))).containsExactly(5L, 6L, 7L, 8L, 9L);
    assertThat(history("s", 4, 5).more()).isFalse();
    assertThat(history("s", 9, 5)).isEqualTo(new History(List.of(), true, false));
  }

  @Test
  void historyKeepsTheNewestEventsAndSaysWhatItDropped() {
    appendOneByOne("s", 1, 15);
    append(
        LongStream.rangeClosed(16, 30)
            .mapToObj(o -> item("s", "u", "id" + o, o))
            .toArray(Append[]::new));
    assertThat(offsets(history("s", 0, 100)))
        .isEqualTo(LongStream.rangeClosed(11, 30).boxed().toList());
    assertThat(history("s", 0, 100).complete()).isFalse();
    assertThat(history("s", 9, 100).complete()).isFalse();
    assertThat(history("s", 10, 100).complete()).isTrue();
    assertThat(append(item("s", "u", "id3", 1))).containsExactly(new Appended(3, 2, true));
  }

  @Test
  void aBatchLargerThanHistoryKeepsItsEnd() {
    append(
        LongStream.rangeClosed(1, 50)
            .mapToObj(o -> item("s", "u", "id" + o, o))
            .toArray(Append[]::new));
    assertThat(offsets(history("s", 0, 100)))
        .isEqualTo(LongStream.rangeClosed(31, 50).boxed().toList());
    assertThat(history("s", 29, 100).complete()).isFalse();
    assertThat(history("s", 30, 100).complete()).isTrue();
  }

  /** Of user, id and body: 1,000 bytes each. */
  private static Append sized(long offset) {
    return new Append("s", "user", String.format("%06d", offset), offset, new byte[990]);
  }

  @Test
  void historyKeepsTheNewestEventsWithinItsBytes() throws Exception {
    Store small = open(new Config.History(1_000, 10_000, Duration.ofHours(1)));
    for (long offset = 1; offset <= 12; offset++) {
      await(small.append(P, epoch, List.of(sized(offset))));
    }
    assertThat(offsets(await(small.history(P, "s", 0, 100))))
        .isEqualTo(LongStream.rangeClosed(3, 12).boxed().toList());
    assertThat(await(small.history(P, "s", 1, 100)).complete()).isFalse();
    assertThat(await(small.history(P, "s", 2, 100)).complete()).isTrue();
    await(
        small.append(
            P, epoch, LongStream.rangeClosed(13, 300).mapToObj(StreamContract::sized).toList()));
    assertThat(offsets(await(small.history(P, "s", 0, 100))))
        .isEqualTo(LongStream.rangeClosed(291, 300).boxed().toList());
    // A large one takes the place of all that no longer fits beside it, but is kept itself.
    await(small.append(P, epoch, List.of(new Append("s", "u", "large", 301, new byte[9_000]))));
    assertThat(offsets(await(small.history(P, "s", 0, 100)))).containsExactly(301L);
    await(small.append(P, epoch, List.of(new Append("s", "u", "larger", 302, new byte[11_000]))));
    assertThat(offsets(await(small.history(P, "s", 0, 100)))).containsExactly(302L);
    assertThat(await(small.history(P, "s", 300, 100)).complete()).isFalse();
    assertThat(await(small.history(P, "s", 301, 100)).complete()).isTrue();
    await(small.append(P, epoch, List.of(sized(303))));
    assertThat(offsets(await(small.history(P, "s", 0, 100)))).containsExactly(303L);
  }

  @Test
  void historyMayKeepNothingAndSaysSo() throws Exception {
    Store none = open(new Config.History(0, 10_000, Duration.ofHours(1)));
    await(none.append(P, epoch, List.of(sized(1), sized(2))));
    assertThat(await(none.history(P, "s", 0, 100))).isEqualTo(new History(List.of(), false, false));
    assertThat(await(none.history(P, "s", 2, 100))).isEqualTo(new History(List.of(), true, false));
  }

  @Test
  void historyGoesWithItsTimeButOffsetsNeverGoBack() throws Exception {
    Store brief = open(new Config.History(20, 1 << 22, SHORT));
    await(brief.append(P, epoch, List.of(item("s", "u", "1", 10), item("s", "u", "2", 1))));
    await(brief.appendHole(P, epoch, "s", 15, 20));
    eventually(() -> await(brief.history(P, "s", 0, 9)).entries().isEmpty());
    assertThat(await(brief.history(P, "s", 19, 9)).complete()).isFalse();
    assertThat(await(brief.history(P, "s", 20, 9)).complete()).isTrue();
    assertThat(await(brief.lastOffset(P, "s"))).isEqualTo(20);
    assertThat(await(store.append(P, epoch, List.of(item("s", "u", "3", 1)))))
        .containsExactly(new Appended(21, 20, false, false, 11, false));
    assertThat(await(brief.append(P, epoch, List.of(item("s", "u", "2", 1)))))
        .containsExactly(new Appended(11, 10, true));
    assertThat(offsets(await(store.history(P, "s", 0, 9)))).containsExactly(21L);
    assertThat(await(store.history(P, "s", 19, 9)).complete()).isFalse();
    assertThat(await(store.history(P, "s", 20, 9)).complete()).isTrue();
    await(brief.close());
  }

  @Test
  void whoComesFromElsewhereToAnUnknownStreamIsNotToldThatNothingIsMissing() {
    assertThat(history("s", 0, 9).complete()).isTrue();
    assertThat(history("s", 5, 9).complete()).isFalse();
  }

  @Test
  void aHoleStandsInOrderAmongTheEvents() {
    append(item("s", "u", "1", 10));
    await(store.appendHole(P, epoch, "s", 11, 15));
    assertThat(await(store.lastOffset(P, "s"))).isEqualTo(15);
    assertThat(append(item("s", "u", "2", 12)))
        .containsExactly(new Appended(16, 15, false, false, 10, false));

    List<Kept> kept = history("s", 0, 9).entries();
    assertThat(kept).extracting(Kept::offset).containsExactly(10L, 15L, 16L);
    assertThat(kept).extracting(Kept::from).containsExactly(10L, 11L, 16L);
    assertThat(kept).extracting(Kept::hole).containsExactly(false, true, false);
    assertThat(kept.get(1).user() + kept.get(1).id()).isEmpty();

    assertThat(offsets(history("s", 12, 9))).containsExactly(15L, 16L);
    assertThat(offsets(history("s", 0, 2))).containsExactly(10L, 15L);
    assertThat(history("s", 0, 2).more()).isTrue();
    assertThat(history("s", 0, 3).more()).isFalse();
  }

  @Test
  void aHoleToldTwiceIsOne() {
    await(store.appendHole(P, epoch, "s", 11, 15));
    await(store.appendHole(P, epoch, "s", 11, 15));
    assertThat(offsets(history("s", 0, 9))).containsExactly(15L);
    assertThat(history("s", 0, 9).complete()).isTrue();
  }

  @Test
  void aHoleMayCoverEventsThatWereKeptAfterAll() {
    append(item("s", "u", "1", 10), item("s", "u", "2", 12), item("s", "u", "3", 20));
    await(store.appendHole(P, epoch, "s", 9, 12));
    assertThat(await(store.lastOffset(P, "s"))).isEqualTo(20);
    List<Kept> kept = history("s", 0, 9).entries();
    assertThat(kept).extracting(Kept::offset).containsExactly(10L, 12L, 12L, 20L);
    assertThat(kept).extracting(Kept::hole).containsExactly(false, true, false, false);
  }

  @Test
  void holesAreBoundedLikeEvents() {
    for (long to = 10; to <= 300; to += 10) {
      await(store.appendHole(P, epoch, "s", to - 5, to));
    }
    assertThat(history("s", 0, 100).entries()).hasSizeBetween(1, 20);
    assertThat(history("s", 0, 100).complete()).isFalse();
    assertThat(history("s", 200, 100).complete()).isTrue();
    assertThat(await(store.lastOffset(P, "s"))).isEqualTo(300);
  }

  @Test
  void partitionsHoldStreamsOfOneNameApart() {
    append(item("s", "u", "1", 10));
    long other = await(store.takePartition(P + 1));
    assertThat(await(store.append(P + 1, other, List.of(item("s", "u", "1", 5)))))
        .containsExactly(new Appended(5, 0, false));
    Set<Long> both = new HashSet<>(offsets(history("s", 0, 9)));
    both.addAll(offsets(await(store.history(P + 1, "s", 0, 9))));
    assertThat(both).containsExactlyInAnyOrder(10L, 5L);
  }
}
