package io.ovation.deliver.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class TokenBucketTest {
  /** Close to where a counter of nanoseconds wraps around. */
  private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 1_000_000);

  private int takes(TokenBucket bucket, int tries) {
    int taken = 0;
    for (int i = 0; i < tries; i++) {
      taken += bucket.take() ? 1 : 0;
    }
    return taken;
  }

  private void pass(long millis) {
    nanos.addAndGet(TimeUnit.MILLISECONDS.toNanos(millis));
  }

  @Test
  void aQuietBucketGivesItsBurstAtOnceAndThenItsRate() {
    TokenBucket bucket = new TokenBucket(100, 20, nanos::get);
    assertThat(takes(bucket, 100)).isEqualTo(20);
    pass(100);
    assertThat(takes(bucket, 100)).isEqualTo(10);
    pass(60_000);
    assertThat(takes(bucket, 100)).isEqualTo(20);
  }

  @Test
  void whoIsRefusedTakesNothing() {
    TokenBucket bucket = new TokenBucket(10, 1, nanos::get);
    assertThat(takes(bucket, 1)).isEqualTo(1);
    for (int i = 0; i < 9; i++) {
      pass(10);
      assertThat(bucket.take()).isFalse();
    }
    pass(10);
    assertThat(bucket.take()).isTrue();
  }

  @Test
  void withoutARateItNeverEmpties() {
    assertThat(takes(new TokenBucket(0, 1, nanos::get), 1_000)).isEqualTo(1_000);
  }
}
