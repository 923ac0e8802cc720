package io.ovation.dispatch.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.wire.proto.StateUpdate;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ViewerCountAggregatorTest {
  private final ViewerCountAggregator viewerCounts = new ViewerCountAggregator();

  private List<String> told() {
    List<String> told = new ArrayList<>();
    viewerCounts.tell(stream -> !stream.equals("unwatched"), s -> told.add(text(s)));
    return told;
  }

  private static String text(StateUpdate state) {
    assertThat(state.getKind()).isEqualTo(StateUpdate.Kind.VIEWERS);
    assertThat(state.getJson().toStringUtf8())
        .isEqualTo(
            "{\"type\":\"viewers\",\"stream\":\"%s\",\"count\":%d}"
                .formatted(state.getStream(), state.getNumber()));
    return state.getStream() + " " + state.getNumber();
  }

  @Test
  void theSumOverTheNodesIsTold() {
    viewerCounts.count("s", "a", 3);
    viewerCounts.count("s", "b", 4);
    viewerCounts.count("t", "b", 1);
    assertThat(told()).containsExactlyInAnyOrder("s 7", "t 1");
    assertThat(viewerCounts.viewers("s")).isEqualTo(7);
    assertThat(viewerCounts.viewers("never heard of")).isZero();
  }

  @Test
  void anUnchangedSumIsNotTold() {
    viewerCounts.count("s", "a", 3);
    assertThat(told()).hasSize(1);
    assertThat(told()).isEmpty();
    viewerCounts.count("s", "a", 3);
    assertThat(told()).isEmpty();
    viewerCounts.count("s", "a", 2);
    viewerCounts.count("s", "b", 1);
    assertThat(told()).isEmpty();
  }

  @Test
  void aDeadNodesViewersVanishWithIt() {
    viewerCounts.count("s", "a", 3);
    viewerCounts.count("s", "b", 4);
    told();
    viewerCounts.drop("b");
    assertThat(told()).containsExactly("s 3");
    viewerCounts.drop("a");
    assertThat(told()).containsExactly("s 0");
  }

  @Test
  void aNodeThatSaysWhatItHasLosesTheRest() {
    viewerCounts.count("s", "a", 3);
    viewerCounts.count("t", "a", 3);
    told();
    viewerCounts.retain("a", List.of("t", "u"));
    assertThat(told()).containsExactly("s 0");
  }

  @Test
  void whatNobodyRoutesIsForgottenAndToldAnewLater() {
    viewerCounts.count("unwatched", "a", 1);
    assertThat(told()).isEmpty();
    assertThat(viewerCounts.viewers("unwatched")).isEqualTo(1);
  }
}
