package io.ovation.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.bus.proto.State;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class AudienceTest {
  private final Audience audience = new Audience();

  private List<String> told() {
    List<String> told = new ArrayList<>();
    audience.tell(stream -> !stream.equals("unwatched"), s -> told.add(text(s)));
    return told;
  }

  private static String text(State state) {
    assertThat(state.getKind()).isEqualTo(State.Kind.VIEWERS);
    assertThat(state.getJson().toStringUtf8())
        .isEqualTo(
            "{\"type\":\"viewers\",\"stream\":\"%s\",\"count\":%d}"
                .formatted(state.getStream(), state.getNumber()));
    return state.getStream() + " " + state.getNumber();
  }

  @Test
  void theSumOverTheNodesIsTold() {
    audience.count("s", "a", 3);
    audience.count("s", "b", 4);
    audience.count("t", "b", 1);
    assertThat(told()).containsExactlyInAnyOrder("s 7", "t 1");
    assertThat(audience.viewers("s")).isEqualTo(7);
    assertThat(audience.viewers("never heard of")).isZero();
  }

  @Test
  void anUnchangedSumIsNotTold() {
    audience.count("s", "a", 3);
    assertThat(told()).hasSize(1);
    assertThat(told()).isEmpty();
    audience.count("s", "a", 3);
    assertThat(told()).isEmpty();
    audience.count("s", "a", 2);
    audience.count("s", "b", 1);
    assertThat(told()).isEmpty();
  }

  @Test
  void aDeadNodesViewersVanishWithIt() {
    audience.count("s", "a", 3);
    audience.count("s", "b", 4);
    told();
    audience.drop("b");
    assertThat(told()).containsExactly("s 3");
    audience.drop("a");
    assertThat(told()).containsExactly("s 0");
  }

  @Test
  void aNodeThatSaysWhatItHasLosesTheRest() {
    audience.count("s", "a", 3);
    audience.count("t", "a", 3);
    told();
    audience.retain("a", List.of("t", "u"));
    assertThat(told()).containsExactly("s 0");
  }

  @Test
  void whatNobodyRoutesIsForgottenAndToldAnewLater() {
    audience.count("unwatched", "a", 1);
    assertThat(told()).isEmpty();
    assertThat(audience.viewers("unwatched")).isEqualTo(1);
  }
}
