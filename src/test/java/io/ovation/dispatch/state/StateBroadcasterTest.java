package io.ovation.dispatch.state;

import static io.ovation.dispatch.DispatchFixture.ACCEPTED;
import static io.ovation.dispatch.DispatchFixture.REFUSED;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.dispatch.DispatchFixture;
import io.ovation.dispatch.PartitionFailureHandler;
import io.ovation.dispatch.routing.RoutingTable;
import io.ovation.store.StaleEpoch;
import io.ovation.testkit.VirtualVertx.Sent;
import io.ovation.wire.proto.StateUpdate;
import io.ovation.wire.proto.StateUpdate.Kind;
import io.ovation.wire.proto.StateUpdates;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class StateBroadcasterTest {
  private final DispatchFixture f = new DispatchFixture();
  private final RoutingTable routes = new RoutingTable();
  private final List<Throwable> failures = new ArrayList<>();
  private final StateBroadcaster broadcaster =
      new StateBroadcaster(f.context, 3, routes, new PartitionFailureHandler(failures::add));

  private void post(String stream, long number) {
    broadcaster.post(
        StateUpdate.newBuilder().setStream(stream).setKind(Kind.VIEWERS).setNumber(number).build());
  }

  private List<Sent> flush() {
    broadcaster.flush(7);
    return f.time.take(StateUpdates.class);
  }

  private static List<Long> numbers(Sent message) {
    return ((StateUpdates) message.body())
        .getStatesList().stream().map(StateUpdate::getNumber).toList();
  }

  @Test
  void aNodeGetsTheNewestStateOfItsStreamsInOneMessage() {
    routes.add("s", "a");
    routes.add("t", "a");
    routes.add("t", "b");
    post("s", 1);
    post("t", 2);
    post("s", 3);
    List<Sent> sent = flush();
    assertThat(sent).hasSize(2);
    for (Sent message : sent) {
      message.answer(ACCEPTED);
      assertThat(numbers(message))
          .isEqualTo(message.address().endsWith(".a") ? List.of(3L, 2L) : List.of(2L));
      assertThat(((StateUpdates) message.body()).getEpoch()).isEqualTo(7);
    }
    assertThat(flush()).isEmpty();
  }

  @Test
  void aNodeThatDidNotAnswerIsSentTheNewestLater() {
    routes.add("s", "a");
    routes.add("t", "a");
    post("s", 1);
    post("t", 5);
    flush().get(0).fail();
    post("s", 2);
    List<Sent> sent = flush();
    assertThat(sent).hasSize(1);
    assertThat(numbers(sent.get(0))).containsExactlyInAnyOrder(2L, 5L);
    sent.get(0).answer(ACCEPTED);
    assertThat(flush()).isEmpty();
  }

  @Test
  void aNodeThatKnowsANewerEpochEndsTheOwnership() {
    routes.add("s", "a");
    post("s", 1);
    flush().get(0).answer(REFUSED);
    assertThat(failures).hasSize(1).first().isInstanceOf(StaleEpoch.class);
    assertThat(flush()).isEmpty();
  }

  @Test
  void aSuspendedNodeIsSentNothingAndGetsAllWhenItRegisters() {
    routes.add("s", "a");
    routes.node("a").suspend(0);
    post("s", 1);
    assertThat(flush()).isEmpty();
    assertThat(broadcaster.of(List.of("s", "unknown"))).hasSize(1);
  }

  @Test
  void aNodeThatLeftOrUnregisteredIsSentNothing() {
    routes.add("s", "a");
    routes.add("s", "b");
    post("s", 1);
    routes.drop("a");
    routes.remove("s", "b");
    assertThat(flush()).isEmpty();
  }

  @Test
  void statesOfStreamsThatNobodyWatchesAreForgotten() {
    routes.add("s", "a");
    post("s", 1);
    routes.remove("s", "a");
    flush();
    assertThat(broadcaster.has("s", Kind.VIEWERS)).isFalse();
    post("s", 2);
    assertThat(broadcaster.has("s", Kind.VIEWERS)).isFalse();
  }

  @Test
  void noMessageHasMoreThanAThousandStates() {
    for (int i = 0; i < 2_500; i++) {
      routes.add("s" + i, "a");
      post("s" + i, i);
    }
    assertThat(flush())
        .extracting(message -> numbers(message).size())
        .containsExactly(1_000, 1_000, 500);
  }
}
