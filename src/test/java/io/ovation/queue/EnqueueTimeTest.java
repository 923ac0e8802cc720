package io.ovation.queue;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.queue.proto.QueueItem;
import org.junit.jupiter.api.Test;

class EnqueueTimeTest {
  private static byte[] item(long created, long due) {
    return QueueItem.newBuilder().setCreatedAtMs(created).setNotBeforeMs(due).build().toByteArray();
  }

  @Test
  void aDelayedItemWaitsSinceItWasDue() {
    assertThat(EnqueueTime.of(item(5, 0))).isEqualTo(5);
    assertThat(EnqueueTime.of(item(5, 9))).isEqualTo(9);
  }

  @Test
  void whatDoesNotSayItHasNoAge() {
    assertThat(EnqueueTime.of(null)).isZero();
    assertThat(EnqueueTime.of(new byte[] {1, 2, 3})).isZero();
    assertThat(EnqueueTime.of(new byte[0])).isZero();
  }
}
