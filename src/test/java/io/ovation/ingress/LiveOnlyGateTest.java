package io.ovation.ingress;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.http.problem.ProblemException;
import io.ovation.wire.proto.StreamStatus;
import io.ovation.wire.proto.StreamStatus.Live;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

class LiveOnlyGateTest {
  private final List<String> asked = new ArrayList<>();
  private Future<StreamStatus> answer = state(Live.LIVE);
  private long now;
  private final LiveOnlyGate gate =
      new LiveOnlyGate(
          stream -> {
            asked.add(stream);
            return answer;
          },
          () -> now);

  @Test
  void aLiveStreamIsAdmitted() {
    assertThat(gate.admit("s").succeeded()).isTrue();
  }

  @Test
  void aStreamThatIsNotLiveIsRefusedByItsField() {
    for (Live live : List.of(Live.DARK, Live.UNHEARD)) {
      answer = state(live);
      Future<Void> refused = gate.admit("s" + live);
      assertThat(refused.cause())
          .isInstanceOfSatisfying(
              ProblemException.class,
              e -> {
                assertThat(e.problem().status()).isEqualTo(409);
                assertThat(e.problem().field()).isEqualTo("stream");
              });
    }
  }

  @Test
  void whatIsGuardedGoesOnOnLiveStreamsOnly() {
    List<String> taken = new ArrayList<>();
    Function<String, Future<String>> guarded =
        gate.guard(
            item -> item,
            item -> {
              taken.add(item);
              return Future.succeededFuture(item);
            });
    assertThat(guarded.apply("live").succeeded()).isTrue();
    answer = state(Live.DARK);
    assertThat(guarded.apply("dark").failed()).isTrue();
    assertThat(taken).containsExactly("live");
  }

  @Test
  void whileTheOwnerDoesNotAnswerCommentsAreAdmittedAndItIsAskedEachTime() {
    answer = Future.failedFuture("timeout");
    assertThat(gate.admit("s").succeeded()).isTrue();
    assertThat(gate.admit("s").succeeded()).isTrue();
    assertThat(asked).hasSize(2);
  }

  @Test
  void anAnswerIsUsedForHalfASecond() {
    gate.admit("s");
    answer = state(Live.DARK);
    now = LiveOnlyGate.FRESH_MS;
    assertThat(gate.admit("s").succeeded()).isTrue();
    assertThat(asked).hasSize(1);
    now++;
    assertThat(gate.admit("s").failed()).isTrue();
    assertThat(gate.admit("s").failed()).isTrue();
    assertThat(asked).hasSize(2);
  }

  @Test
  void pastTheBoundTheOldestAnswerIsForgotten() {
    for (int i = 0; i <= LiveOnlyGate.MAX_STREAMS; i++) {
      gate.admit("s" + i);
    }
    asked.clear();
    gate.admit("s" + LiveOnlyGate.MAX_STREAMS);
    gate.admit("s1");
    assertThat(asked).isEmpty();
    gate.admit("s0");
    assertThat(asked).containsExactly("s0");
  }

  private static Future<StreamStatus> state(Live live) {
    return Future.succeededFuture(StreamStatus.newBuilder().setLive(live).build());
  }
}
