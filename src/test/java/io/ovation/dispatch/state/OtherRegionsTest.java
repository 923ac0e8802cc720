package io.ovation.dispatch.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.live.proto.StreamPresence;
import io.ovation.live.proto.StreamPresence.Live;
import org.junit.jupiter.api.Test;

/** Which value of another region counts, and until when. */
class OtherRegionsTest {
  private long now;
  private final OtherRegions others = new OtherRegions(() -> now, () -> {});

  private boolean put(String region, long version, long viewers, long liveMs) {
    return others.put(
        region,
        StreamPresence.newBuilder()
            .setStream("s")
            .setViewers(viewers)
            .setLive(liveMs > 0 ? Live.LIVE : Live.UNHEARD)
            .setLiveMs(liveMs)
            .setEpoch(3)
            .setVersion(version)
            .build());
  }

  @Test
  void theNewestValueOfEachRegionCounts() {
    assertThat(put("a", 2, 5, 0)).isTrue();
    assertThat(put("a", 1, 9, 0)).isFalse();
    assertThat(put("b", 1, 7, 0)).isTrue();
    assertThat(others.viewers("s")).isEqualTo(12);
    assertThat(put("a", 2, 5, 0)).isFalse();
    assertThat(put("a", 3, 1, 0)).isTrue();
    assertThat(others.viewers("s")).isEqualTo(8);
  }

  @Test
  void aRegionThatSaysNothingMoreVanishes() {
    put("a", 1, 5, 0);
    now = 20_000;
    put("b", 1, 7, 0);
    now = 29_999;
    assertThat(others.expire()).isEmpty();
    now = 30_000;
    assertThat(others.expire()).containsExactly("s");
    assertThat(others.viewers("s")).isEqualTo(7);
    // It is back, and its epochs begin again.
    assertThat(put("a", 1, 4, 0)).isTrue();
    now = 49_999;
    put("b", 1, 7, 0);
    now = 55_000;
    assertThat(others.expire()).isEmpty();
    now = 60_000;
    assertThat(others.expire()).containsExactly("s");
    assertThat(others.viewers("s")).isEqualTo(7);
  }

  @Test
  void aStreamIsLiveUntilItsRegionsObjectIsOverdue() {
    put("a", 1, 0, 5_000);
    assertThat(others.live("s")).isEqualTo(Live.LIVE);
    now = 4_000;
    put("a", 1, 0, 5_000);
    now = 8_999;
    assertThat(others.expire()).isEmpty();
    now = 9_000;
    assertThat(others.expire()).containsExactly("s");
    assertThat(others.live("s")).isEqualTo(Live.DARK);
    now = 34_000;
    assertThat(others.expire()).containsExactly("s");
    assertThat(others.live("s")).isEqualTo(Live.UNHEARD);
  }
}
