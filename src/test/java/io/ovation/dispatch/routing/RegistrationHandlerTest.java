package io.ovation.dispatch.routing;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.dispatch.DispatchFixture;
import io.ovation.dispatch.PartitionFailureHandler;
import io.ovation.dispatch.comments.StreamOffsets;
import io.ovation.dispatch.comments.TestBatches;
import io.ovation.dispatch.state.StreamStates;
import io.ovation.store.ScriptedStore.Call;
import io.ovation.wire.RoutingChecksum;
import io.ovation.wire.proto.Register;
import io.ovation.wire.proto.Registered;
import io.ovation.wire.proto.Suspended;
import io.ovation.wire.proto.Unregister;
import io.vertx.core.Future;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RegistrationHandlerTest {
  private final DispatchFixture f = new DispatchFixture();
  private final RoutingTable routes = new RoutingTable();
  private final StreamOffsets offsets = new StreamOffsets(f.context.storeMicros());
  private final StreamStates states =
      new StreamStates(f.context, 0, routes, new PartitionFailureHandler(cause -> {}));
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
    Call asked = f.store.take("lastOffsets");
    assertThat(asked.arguments).endsWith(List.of("one", "two"));
    assertThat(answer.isComplete()).isFalse();
    asked.answer(Map.of("one", 10L, "two", 20L));
    assertThat(answer.result().getLastList()).containsExactly(10L, 30L, 20L);
    assertThat(answer.result().getEpoch()).isEqualTo(7);
    assertThat(agrees("one", "sent", "two")).isTrue();
  }

  @Test
  void withoutTheStoreWhatFollowsIsAboveTheAnsweredOffset() {
    f.context.storeHealth().declareUnavailable();
    long last = register(false, "s").result().getLast(0);
    assertThat(last).isEqualTo(f.context.storeMicros().getAsLong());
    assertThat(offsets.next("s")).isGreaterThan(last);
    assertThat(f.store.waiting("lastOffsets")).isZero();
  }

  @Test
  void withoutTheStoreANodeThatHasSeenAllIsToldOfNothingMore() {
    offsets.raise("s", 500);
    f.context.storeHealth().declareUnavailable();
    assertThat(register(true, "s").result().getLast(0)).isEqualTo(500);
    assertThat(offsets.next("s")).isGreaterThan(500);
  }

  @Test
  void aStoreThatDoesNotAnswerFailsTheRegistration() {
    Future<Registered> answer = register(false, "s");
    f.store.take("lastOffsets").timeOut();
    assertThat(answer.failed()).isTrue();
  }

  @Test
  void aSuspendedNodeIsRemindedAndMustRegisterAllItsStreams() {
    routes.node("a").suspend(0);
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

  private void page(int number, boolean more, String... streams) {
    registrations.register(
        7,
        Register.newBuilder()
            .setNode("a")
            .addAllStreams(List.of(streams))
            .setAll(true)
            .setPage(number)
            .setMore(more)
            .build());
  }

  @Test
  void aListInPagesReplacesTheRoutesWhenItIsComplete() {
    register(true, "gone", "kept");
    page(0, true, "kept");
    assertThat(agrees("gone", "kept")).isTrue();
    page(1, false, "new");
    assertThat(agrees("kept", "new")).isTrue();
  }

  @Test
  void aPageWithoutItsFirstIsRefused() {
    Register second =
        Register.newBuilder().setNode("a").addStreams("s").setAll(true).setPage(1).build();
    assertThat(registrations.register(7, second).result().getSuspended()).isTrue();
    assertThat(routes.routed("s")).isFalse();
  }
}
