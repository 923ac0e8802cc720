package io.ovation.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class StampsTest {
  private final AtomicLong micros = new AtomicLong(1_000);
  private final Stamps stamps = new Stamps(micros::get);

  @Test
  void stampsRiseWithinAMicrosecondAndWhenTheClockGoesBack() {
    assertThat(stamps.next("s")).isEqualTo(1_000);
    assertThat(stamps.next("s")).isEqualTo(1_001);
    micros.set(10);
    assertThat(stamps.next("s")).isEqualTo(1_002);
    assertThat(stamps.next("other")).isEqualTo(10);
  }

  @Test
  void aStreamThatIsFurtherThanTheClockGoesOnFromThere() {
    stamps.raise("s", 5_000);
    stamps.raise("s", 4_000);
    assertThat(stamps.next("s")).isEqualTo(5_001);
  }
}
