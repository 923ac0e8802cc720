package io.ovation.dispatch.comments;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.store.Store.Appended;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class StreamOffsetsTest {
  private final AtomicLong micros = new AtomicLong(1_000);
  private final StreamOffsets offsets = new StreamOffsets(micros::get);

  @Test
  void offsetsRiseWithinAMicrosecondAndWhenTheClockGoesBack() {
    assertThat(offsets.next("s")).isEqualTo(1_000);
    assertThat(offsets.next("s")).isEqualTo(1_001);
    micros.set(10);
    assertThat(offsets.next("s")).isEqualTo(1_002);
    assertThat(offsets.next("other")).isEqualTo(10);
  }

  @Test
  void aStreamThatIsFurtherThanTheClockGoesOnFromThere() {
    offsets.raise("s", 5_000);
    offsets.raise("s", 4_000);
    assertThat(offsets.next("s")).isEqualTo(5_001);
  }

  @Test
  void aCommentThatAnEarlierOwnerAppendedDoesNotTellWhereTheStreamIs() {
    offsets.markSent(known(7));
    assertThat(offsets.lastSent("s")).isZero();
  }

  @Test
  void aCommentWhoseAppendWasRepeatedMovesTheStreamOn() {
    offsets.markSent(TestBatches.comment("s", "a", 5));
    offsets.markSent(known(7));
    assertThat(offsets.lastSent("s")).isEqualTo(7);
    offsets.markSent(known(6));
    assertThat(offsets.lastSent("s")).isEqualTo(7);
  }

  private static PendingEvent known(long offset) {
    PendingEvent comment = TestBatches.comment("s", "known" + offset);
    comment.appended(new Appended(offset, 0, true));
    return comment;
  }
}
