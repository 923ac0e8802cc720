package io.ovation.deliver.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class ConnectionTtlTest {
  private static final long MIN = Duration.ofMinutes(30).toMillis();
  private static final long MAX = Duration.ofMinutes(60).toMillis();
  private static final int CROWD = 10_000;

  /** Over many seeds: what holds for one by luck does not hold. */
  @Test
  void crowdThatCameWithinFiveSecondsPartsEvenly() {
    for (long seed = 0; seed < 200; seed++) {
      ConnectionTtl connectionTtl = new ConnectionTtl(MIN, MAX, new SplittableRandom(seed));
      long[] ends =
          LongStream.range(0, CROWD).map(i -> connectionTtl.end(i * 5_000 / CROWD)).toArray();
      Map<Long, Integer> buckets = new TreeMap<>();
      for (long end : ends) {
        buckets.merge(end / 60_000, 1, Integer::sum);
      }
      double mean = (double) CROWD / buckets.size();
      assertThat(buckets.values()).as("seed " + seed).allMatch(count -> count <= 1.5 * mean);
    }
  }

  @Test
  void everyLifeIsWithinItsBounds() {
    ConnectionTtl connectionTtl = new ConnectionTtl(MIN, MAX, new SplittableRandom(1));
    assertThat(LongStream.range(0, CROWD).map(i -> connectionTtl.end(1_000) - 1_000).boxed())
        .allMatch(life -> life >= MIN && life <= MAX);
  }

  @Test
  void withoutBoundsConnectionsLiveForEver() {
    assertThat(new ConnectionTtl(0, 0, new SplittableRandom(1)).end(5)).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void boundsMayBeTheSame() {
    assertThat(new ConnectionTtl(7, 7, new SplittableRandom(1)).end(5)).isEqualTo(12);
  }
}
