package io.ovation.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class RoutingChecksumTest {

  @Test
  void theOrderOfStreamsDoesNotMatter() {
    assertThat(
            RoutingChecksum.of(List.of("a", "b"))
                .agrees(RoutingChecksum.of(List.of("b", "a")).of(0)))
        .isTrue();
  }

  @Test
  void oneStreamForAnotherIsADifference() {
    assertThat(
            RoutingChecksum.of(List.of("a", "b"))
                .agrees(RoutingChecksum.of(List.of("a", "c")).of(0)))
        .isFalse();
  }

  @Test
  void whatIsRemovedDoesNotCount() {
    RoutingChecksum sum = RoutingChecksum.of(List.of("a", "b"));
    sum.remove("b");
    assertThat(sum.agrees(RoutingChecksum.of(List.of("a")).of(0))).isTrue();
    sum.remove("a");
    assertThat(sum.agrees(RoutingChecksum.of(List.of()).of(0))).isTrue();
  }
}
