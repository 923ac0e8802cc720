package io.ovation.bus;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class RouteSumTest {

  @Test
  void theOrderOfStreamsDoesNotMatter() {
    assertThat(RouteSum.of(List.of("a", "b")).agrees(RouteSum.of(List.of("b", "a")).of(0)))
        .isTrue();
  }

  @Test
  void oneStreamForAnotherIsADifference() {
    assertThat(RouteSum.of(List.of("a", "b")).agrees(RouteSum.of(List.of("a", "c")).of(0)))
        .isFalse();
  }

  @Test
  void whatIsRemovedDoesNotCount() {
    RouteSum sum = RouteSum.of(List.of("a", "b"));
    sum.remove("b");
    assertThat(sum.agrees(RouteSum.of(List.of("a")).of(0))).isTrue();
    sum.remove("a");
    assertThat(sum.agrees(RouteSum.of(List.of()).of(0))).isTrue();
  }
}
