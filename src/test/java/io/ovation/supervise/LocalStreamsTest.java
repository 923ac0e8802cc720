package io.ovation.supervise;

import static io.ovation.supervise.SupervisorFixture.batch;
import static io.ovation.supervise.SupervisorFixture.page;
import static io.ovation.supervise.SupervisorFixture.segment;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.ovation.store.ScriptedStore;
import io.ovation.store.Store.Pin;
import io.ovation.testkit.RecordingShard;
import io.ovation.testkit.VirtualVertx;
import io.ovation.wire.proto.Register;
import io.ovation.wire.proto.Registered;
import io.ovation.wire.proto.StateUpdate;
import io.ovation.wire.proto.Unregister;
import io.vertx.core.Future;
import java.util.List;
import org.junit.jupiter.api.Test;

class LocalStreamsTest {
  private final SupervisorFixture node = new SupervisorFixture();

  @Test
  void aStreamIsOpenedForEveryShardThatAskedMeanwhile() {
    RecordingShard second = new RecordingShard();
    node.requests.subscribe("s", node.shard);
    node.requests.subscribe("s", second);
    node.register(100);
    node.requests.subscribe("s", new RecordingShard());
    assertThat(node.virtual.sent()).as("registered once").isEmpty();
    assertThat(node.shard.said()).containsExactly(new RecordingShard.Opened("s", 100));
    assertThat(second.said()).containsExactly(new RecordingShard.Opened("s", 100));
  }

  @Test
  void aStreamThatNoOwnerRegistersIsRefusedAfterItsTimeout() {
    node.requests.subscribe("s", node.shard);
    node.virtual.pass(4_999);
    assertThat(node.shard.said()).isEmpty();
    node.virtual.pass(1);
    assertThat(node.shard.said()).containsExactly(new RecordingShard.Refused("s", "unavailable"));
    assertThat(node.table.size()).isZero();
    // The answer that comes after all opens nothing.
    node.register(100);
    assertThat(node.shard.said()).hasSize(1);
    assertThat(node.virtual.next(Unregister.class)).isNotNull();
  }

  @Test
  void aStreamLingersAfterItsLastViewer() {
    node.open("s", 100);
    node.requests.unsubscribe("s", node.shard);
    node.virtual.pass(999);
    node.table.sweep();
    assertThat(node.table.size()).isEqualTo(1);
    node.requests.subscribe("s", node.shard);
    node.virtual.pass(10_000);
    node.table.sweep();
    assertThat(node.table.size()).as("a viewer returned").isEqualTo(1);
    node.requests.unsubscribe("s", node.shard);
    node.virtual.pass(1_000);
    node.table.sweep();
    assertThat(node.table.size()).isZero();
    assertThat(node.virtual.next(Unregister.class)).isNotNull();
  }

  /** If the store is away while a stream is opened, its viewers receive later what it retains. */
  @Test
  void whatIsRetainedIsReadAgainUntilTheStoreAnswers() {
    node.open("s", 100);
    for (int sweep = 0; sweep < 3; sweep++) {
      for (int attempt = 0; attempt < 3; attempt++) {
        node.store.take("pins").timeOut();
        node.virtual.pass(250);
      }
      assertThat(node.store.waiting("pins")).isZero();
      node.table.sweep();
      assertThat(node.store.waiting("pins")).isEqualTo(1);
      node.table.sweep();
      assertThat(node.store.waiting("pins")).as("one at a time").isEqualTo(1);
    }
    assertThat(node.shard.all(RecordingShard.Told.class)).isEmpty();
    node.store
        .take("pins")
        .answer(List.of(new Pin("rscore", 7, 60_000, "{\"offset\":".getBytes())));
    assertThat(node.shard.all(RecordingShard.Told.class)).hasSize(1);
    node.table.sweep();
    assertThat(node.store.waiting("pins")).isZero();
  }

  @Test
  void eventsMissedBeforeARegistrationAreReadFromHistory() {
    node.open("s", 100);
    node.table.resync();
    node.register(120);
    ScriptedStore.Call history = node.store.take("history");
    node.receive(batch(1, 1, segment("s", 120, 130)));
    assertThat(node.delivered()).as("the batch waits for history").isEmpty();
    assertThat(node.replies).isEmpty();
    history.answer(page(110, 120));
    assertThat(node.delivered()).containsExactly(110L, 120L, 130L);
    assertThat(node.replies).hasSize(1);
  }

  @Test
  void aStreamThatEndsReadsNoHistoryForWaitingBatches() {
    node.requests.subscribe("s", node.shard);
    node.receive(batch(1, 1, segment("s", 50, 60)));
    node.requests.requestReplay("s", 10, node.shard, "viewer");
    node.virtual.pass(5_000);
    assertThat(node.replies).as("the batch is answered").hasSize(1);
    assertThat(node.store.waiting("history")).isZero();
  }

  @Test
  void aShardThatOpensLaterReceivesTheNewestStates() {
    node.open("s", 100);
    StateUpdate first = status("live");
    node.table.state(first);
    node.table.state(first);
    StateUpdate second =
        status("dark").toBuilder().setSnapshot(ByteString.copyFromUtf8("all")).build();
    node.table.state(second);
    assertThat(node.shard.all(RecordingShard.Told.class)).hasSize(2);
    RecordingShard late = new RecordingShard();
    node.requests.subscribe("s", late);
    assertThat(late.all(RecordingShard.Told.class))
        .extracting(sent -> sent.state().getJson().toStringUtf8())
        .containsExactly("all");
  }

  private static StateUpdate status(String json) {
    return StateUpdate.newBuilder()
        .setStream("s")
        .setKind(StateUpdate.Kind.STATUS)
        .setJson(ByteString.copyFromUtf8(json))
        .build();
  }

  @Test
  void aLeavingNodeWaitsUntilTheOwnerHasTakenItOutOfItsRoutes() {
    node.open("s", 100);
    Future<Void> left = node.table.leave();
    VirtualVertx.Sent last = node.virtual.next(Register.class);
    assertThat(((Register) last.body()).getAll()).isTrue();
    assertThat(((Register) last.body()).getStreamsList()).isEmpty();
    assertThat(left.isComplete()).isFalse();
    last.answer(Registered.getDefaultInstance());
    assertThat(left.succeeded()).isTrue();
  }
}
