package io.ovation.dispatch.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.wire.proto.StateUpdate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ViewerCountAggregatorTest {
  private final ViewerCountAggregator viewerCounts = new ViewerCountAggregator();
  private final Map<String, Long> elsewhere = new HashMap<>();
  private final Map<String, Long> own = new HashMap<>();

  private List<String> posted() {
    List<String> posted = new ArrayList<>();
    viewerCounts.postChanged(
        stream -> !stream.equals("unwatched"),
        stream -> elsewhere.getOrDefault(stream, 0L),
        (stream, viewers) -> own.put(stream, viewers),
        s -> posted.add(text(s)));
    return posted;
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
  void viewersAreSentTheSumOfAllRegionsAndOtherRegionsGetThisOnesAlone() {
    viewerCounts.count("s", "a", 3);
    elsewhere.put("s", 10L);
    assertThat(posted()).containsExactly("s 13");
    assertThat(own).containsExactly(Map.entry("s", 3L));
    elsewhere.put("s", 4L);
    assertThat(posted()).isEmpty();
    viewerCounts.touch("s");
    assertThat(posted()).containsExactly("s 7");
    assertThat(own).containsExactly(Map.entry("s", 3L));
  }

  @Test
  void theSumOverTheNodesIsPosted() {
    viewerCounts.count("s", "a", 3);
    viewerCounts.count("s", "b", 4);
    viewerCounts.count("t", "b", 1);
    assertThat(posted()).containsExactlyInAnyOrder("s 7", "t 1");
    assertThat(viewerCounts.viewers("s")).isEqualTo(7);
    assertThat(viewerCounts.viewers("unknown")).isZero();
  }

  @Test
  void anUnchangedSumIsNotPosted() {
    viewerCounts.count("s", "a", 3);
    assertThat(posted()).hasSize(1);
    assertThat(posted()).isEmpty();
    viewerCounts.count("s", "a", 3);
    assertThat(posted()).isEmpty();
    viewerCounts.count("s", "a", 2);
    viewerCounts.count("s", "b", 1);
    assertThat(posted()).isEmpty();
  }

  @Test
  void aDeadNodesViewersVanishWithIt() {
    viewerCounts.count("s", "a", 3);
    viewerCounts.count("s", "b", 4);
    posted();
    viewerCounts.drop("b");
    assertThat(posted()).containsExactly("s 3");
    viewerCounts.drop("a");
    assertThat(posted()).containsExactly("s 0");
  }

  @Test
  void aNodeThatSendsItsFullListLosesTheRest() {
    viewerCounts.count("s", "a", 3);
    viewerCounts.count("t", "a", 3);
    posted();
    viewerCounts.retain("a", List.of("t", "u"));
    assertThat(posted()).containsExactly("s 0");
  }

  @Test
  void anUnroutedStreamIsCountedButNotPosted() {
    viewerCounts.count("unwatched", "a", 1);
    assertThat(posted()).isEmpty();
    assertThat(viewerCounts.viewers("unwatched")).isEqualTo(1);
  }

  @Test
  void theBusiestStreamsAreThoseWithTheMostViewersOfAllNodes() {
    ViewerCountAggregator counts = new ViewerCountAggregator();
    for (int i = 0; i < 20; i++) {
      counts.count("s" + i, "a", i + 1);
    }
    counts.count("s3", "b", 100);
    assertThat(counts.busiest(3).stream().map(one -> one.getStream() + "=" + one.getViewers()))
        .containsExactlyInAnyOrder("s3=104", "s19=20", "s18=19");
    assertThat(counts.busiest(0)).isEmpty();
  }
}
