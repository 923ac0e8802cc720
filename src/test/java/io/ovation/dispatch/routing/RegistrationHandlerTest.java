package io.ovation.dispatch.routing;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.dispatch.DispatchFixture;
import io.ovation.dispatch.comments.OffsetProposer;
import io.ovation.dispatch.comments.TestBatches;
import io.ovation.dispatch.state.StreamStates;
import io.ovation.wire.RoutingChecksum;
import io.ovation.wire.proto.Register;
import io.ovation.wire.proto.Registered;
import io.ovation.wire.proto.Suspended;
import io.ovation.wire.proto.Unregister;
import io.vertx.core.Future;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RegistrationHandlerTest {
  private final DispatchFixture f = new DispatchFixture();
  private final RoutingTable routes = new RoutingTable();
  private final OffsetProposer offsets = new OffsetProposer(f.context.wallMicros());
  private final StreamStates states = new StreamStates(f.context, 0, routes);
  private final RegistrationHandler registrations =
      new RegistrationHandler(f.context, 0, routes, offsets, states);

  private Future<Registered> register(boolean all, String... streams) {
    return registrations.register(
        7, Register.newBuilder().setNode("a").addAllStreams(List.of(streams)).setAll(all).build());
  }

  private boolean agrees(String... streams) {
    return registrations.agrees("a", RoutingChecksum.of(List.of(streams)).of(0));
  }

  @Test
  void theAnswerHasEachStreamsLastOffsetInTheOrderAsked() {
    offsets.markSent(TestBatches.comment("sent", "c", 30));
    Future<Registered> answer = register(false, "one", "sent", "two");
    f.store.take("lastOffset").answer(10L);
    assertThat(answer.isComplete()).isFalse();
    f.store.take("lastOffset").answer(20L);
    assertThat(answer.result().getLastList()).containsExactly(10L, 30L, 20L);
    assertThat(answer.result().getEpoch()).isEqualTo(7);
    assertThat(agrees("one", "sent", "two")).isTrue();
  }

  @Test
  void withoutTheStoreWhatFollowsIsAboveTheAnsweredOffset() {
    f.context.storeHealth().declareUnavailable();
    long last = register(false, "s").result().getLast(0);
    assertThat(last).isEqualTo(f.context.wallMicros().getAsLong());
    assertThat(offsets.next("s")).isGreaterThan(last);
    assertThat(f.store.waiting("lastOffset")).isZero();
  }

  @Test
  void aStoreThatDoesNotAnswerFailsTheRegistration() {
    Future<Registered> answer = register(false, "s");
    f.store.take("lastOffset").timeOut();
    assertThat(answer.failed()).isTrue();
  }

  @Test
  void aSuspendedNodeIsRemindedAndMustRegisterAllItsStreams() {
    routes.node("a").suspend();
    registrations.remindSuspended(7);
    assertThat(f.time.take(Suspended.class)).hasSize(1);
    assertThat(register(false, "s").result().getSuspended()).isTrue();
    assertThat(routes.routed("s")).isFalse();
    register(true, "s");
    assertThat(routes.routed("s")).isTrue();
    registrations.remindSuspended(7);
    assertThat(f.time.take(Suspended.class)).isEmpty();
  }

  @Test
  void aFullListReplacesTheRoutes() {
    register(false, "s", "t");
    register(true, "u");
    assertThat(agrees("u")).isTrue();
    assertThat(agrees("s", "t", "u")).isFalse();
    registrations.unregister(Unregister.newBuilder().setNode("a").addStreams("u").build());
    assertThat(agrees()).isTrue();
  }

  @Test
  void nodesThatLeftAreForgotten() {
    register(false, "s");
    assertThat(registrations.retain(Set.of("a", "b"))).isFalse();
    assertThat(registrations.retain(Set.of("b"))).isTrue();
    assertThat(routes.nodes()).isEmpty();
  }
}
