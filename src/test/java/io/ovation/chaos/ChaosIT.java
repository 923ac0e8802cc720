package io.ovation.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.testkit.ShowLogs;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A short run of {@code bin/chaos}, with the same faults each time. */
@Tag("alone")
@ExtendWith(ShowLogs.class)
class ChaosIT {
  private static final long SEED = 4;
  private static final Duration LENGTH = Duration.ofSeconds(90);

  @Test
  void noPromiseBreaksWhileFaultFollowsFault() {
    ChaosRun.Verdict verdict = new ChaosRun(SEED, LENGTH).run();
    System.out.println(verdict.summary());
    assertThat(verdict.broken()).isEmpty();
  }
}
