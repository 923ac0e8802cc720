package io.ovation.deliver.lifecycle;

import static io.ovation.deliver.lifecycle.ShardConnections.expiry;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class ShardConnectionsTest {
  private static final long MIN = Duration.ofMinutes(30).toMillis();
  private static final long MAX = Duration.ofMinutes(60).toMillis();
  private static final int CROWD = 10_000;

  /** Over many seeds: what holds for one by luck does not hold. */
  @Test
  void crowdThatCameWithinFiveSecondsPartsEvenly() {
    for (long seed = 0; seed < 200; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      long[] ends =
          LongStream.range(0, CROWD)
              .map(i -> expiry(MIN, MAX, i * 5_000 / CROWD, random))
              .toArray();
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
    SplittableRandom random = new SplittableRandom(1);
    assertThat(LongStream.range(0, CROWD).map(i -> expiry(MIN, MAX, 1_000, random) - 1_000).boxed())
        .allMatch(life -> life >= MIN && life <= MAX);
  }

  @Test
  void withoutBoundsConnectionsLiveForEver() {
    assertThat(expiry(0, 0, 5, new SplittableRandom(1))).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void boundsMayBeTheSame() {
    assertThat(expiry(7, 7, 5, new SplittableRandom(1))).isEqualTo(12);
  }
}
