package io.ovation.queue.rabbit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class AckCoalescerTest {
  private final List<String> sent = new ArrayList<>();
  private final AckCoalescer coalescer =
      new AckCoalescer((tag, multiple) -> sent.add(tag + (multiple ? "<" : "")));

  @Test
  void runFromTheStartGoesAsOneAck() throws IOException {
    assertThat(coalescer.ack(0, tags(1, 2, 3))).isEqualTo(3);
    assertThat(sent).containsExactly("3<");
  }

  @Test
  void ackAboveAHoleGoesByItselfAndIsNotNamedAgain() throws IOException {
    coalescer.ack(0, tags(3, 4));
    assertThat(coalescer.ack(4, tags())).isEqualTo(2);
    assertThat(sent).containsExactly("3", "4", "2<");
  }

  @Test
  void repeatedAcksAreSentOnce() throws IOException {
    coalescer.ack(2, tags());
    assertThat(coalescer.ack(2, tags(1, 2))).isZero();
    assertThat(sent).containsExactly("2<");
  }

  /** Plays the broker, which closes the channel on an ack for a tag it does not hold. */
  @Test
  void anyOrderOfAcksTellsTheBrokerEveryTagExactlyOnce() throws IOException {
    for (int seed = 0; seed < 300; seed++) {
      Random random = new Random(seed);
      TreeSet<Long> held = new TreeSet<>();
      TreeSet<Long> unacked = new TreeSet<>();
      for (long tag = 1; tag <= 60; tag++) {
        held.add(tag);
        unacked.add(tag);
      }
      AckCoalescer any =
          new AckCoalescer(
              (tag, multiple) -> {
                assertThat(held).contains(tag);
                if (multiple) {
                  held.headSet(tag, true).clear();
                } else {
                  held.remove(tag);
                }
              });
      long total = 0;
      while (!unacked.isEmpty()) {
        TreeSet<Long> singles = new TreeSet<>();
        for (int i = random.nextInt(5); i > 0; i--) {
          singles.add(1L + random.nextInt(60));
        }
        long through = random.nextInt(4) == 0 ? 1L + random.nextInt(60) : 0;
        unacked.removeAll(singles);
        unacked.headSet(through, true).clear();
        total += any.ack(through, shuffled(singles, random));
        assertThat(held).isEqualTo(unacked);
      }
      assertThat(total).isEqualTo(60);
    }
  }

  private static long[] tags(long... tags) {
    return tags;
  }

  /** In any order and with repeats. */
  private static long[] shuffled(TreeSet<Long> tags, Random random) {
    List<Long> list = new ArrayList<>(tags);
    list.addAll(list.subList(0, list.size() / 2));
    Collections.shuffle(list, random);
    return list.stream().mapToLong(Long::longValue).toArray();
  }
}
