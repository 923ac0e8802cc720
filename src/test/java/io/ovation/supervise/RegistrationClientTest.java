package io.ovation.supervise;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.metrics.Metrics;
import io.ovation.testkit.FakeCluster;
import io.ovation.testkit.VirtualVertx;
import io.ovation.testkit.VirtualVertx.Sent;
import io.ovation.wire.proto.Register;
import io.ovation.wire.proto.Registered;
import io.ovation.wire.proto.StateUpdate;
import io.ovation.wire.proto.Unregister;
import io.vertx.core.Future;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class RegistrationClientTest {
  private final VirtualVertx virtual = new VirtualVertx();
  private final FakeCluster cluster = new FakeCluster("here").setMembers("owner");
  private final Set<String> streams = new TreeSet<>();
  private final Map<String, Long> registered = new LinkedHashMap<>();
  private final RegistrationClient client =
      new RegistrationClient(
          SupervisorFixture.context(virtual, cluster, new Metrics()),
          0,
          new RegistrationClient.Streams() {
            @Override
            public Collection<String> names() {
              return streams;
            }

            @Override
            public void registered(String stream, long last) {
              registered.put(stream, last);
            }

            @Override
            public void state(StateUpdate state) {}
          });

  private void add(String stream) {
    streams.add(stream);
    client.add(stream);
  }

  private void answer(long... last) {
    Registered.Builder answer = Registered.newBuilder();
    for (long offset : last) {
      answer.addLast(offset);
    }
    virtual.next(Register.class).answer(answer.build());
  }

  @Test
  void streamsAddedDuringAStepAreRegisteredByTheNext() {
    add("a");
    add("b");
    add("c");
    answer(7);
    assertThat(registered).isEqualTo(Map.of("a", 7L));
    Sent next = virtual.next(Register.class);
    assertThat(((Register) next.body()).getStreamsList()).containsExactly("b", "c");
    assertThat(((Register) next.body()).getAll()).isFalse();
    next.answer(Registered.newBuilder().addLast(8).addLast(9).build());
    assertThat(registered).isEqualTo(Map.of("a", 7L, "b", 8L, "c", 9L));
    assertThat(client.settled()).isTrue();
    assertThat(cluster.registered).containsExactly("a", "b", "c");
  }

  @Test
  void anUnansweredRequestIsRetriedWithGrowingPauses() {
    add("a");
    int attempts = 0;
    for (long ms = 0; ms < 10_000; ms += 10) {
      if (!virtual.sent().isEmpty()) {
        virtual.next(Register.class).fail();
        attempts++;
      }
      virtual.pass(10);
    }
    assertThat(attempts).isBetween(12, 25);
    assertThat(client.settled()).isFalse();
    virtual.pass(1_000);
    answer(7);
    assertThat(registered).containsEntry("a", 7L);
  }

  @Test
  void withoutAnOwnerItWaitsForOne() {
    cluster.setMembers();
    add("a");
    virtual.pass(5_000);
    assertThat(virtual.sent()).isEmpty();
    cluster.setMembers("owner");
    client.membersChanged();
    virtual.pass(1_000);
    assertThat(((Register) virtual.next(Register.class).body()).getStreamsList())
        .containsExactly("a");
  }

  @Test
  void aNewOwnerReceivesTheListOfAllStreams() {
    add("a");
    answer(7);
    add("b");
    answer(8);
    cluster.setMembers("second");
    client.membersChanged();
    Sent sent = virtual.next(Register.class);
    assertThat(sent.address()).isEqualTo("ovation.dispatch.second");
    assertThat(((Register) sent.body()).getAll()).isTrue();
    assertThat(((Register) sent.body()).getStreamsList()).containsExactly("a", "b");
  }

  @Test
  void theListOfAllStreamsIsNotForgottenWhenItsAnswerIsDamaged() {
    add("a");
    answer(7);
    add("b");
    answer(8);
    client.registerAll();
    answer(7); // One offset is missing.
    virtual.pass(1_000);
    assertThat(((Register) virtual.next(Register.class).body()).getAll()).isTrue();
  }

  @Test
  void aSuspendedNodeSendsTheListOfAllStreams() {
    add("a");
    virtual.next(Register.class).answer(Registered.newBuilder().setSuspended(true).build());
    assertThat(registered).isEmpty();
    Sent sent = virtual.next(Register.class);
    assertThat(((Register) sent.body()).getAll()).isTrue();
    sent.answer(Registered.newBuilder().addLast(7).build());
    assertThat(registered).containsEntry("a", 7L);
    assertThat(client.settled()).isTrue();
  }

  @Test
  void viewersDoNotWaitForTheMapWhichIsWrittenLater() {
    cluster.mapFails = true;
    add("a");
    answer(7);
    assertThat(registered).containsEntry("a", 7L);
    assertThat(cluster.registered).isEmpty();
    cluster.mapFails = false;
    virtual.pass(2_000);
    assertThat(cluster.registered).containsExactly("a");
    assertThat(virtual.sent()).isEmpty();
  }

  @Test
  void aStreamThatEndsIsUnregistered() {
    add("a");
    answer(7);
    streams.remove("a");
    client.remove("a");
    assertThat(cluster.registered).isEmpty();
    assertThat(((Unregister) virtual.next(Unregister.class).body()).getStreamsList())
        .containsExactly("a");
    client.resync();
    assertThat(virtual.sent()).as("nothing to register").isEmpty();
  }

  @Test
  void itIsIdleWhenTheOwnerHasAnsweredTheEmptyList() {
    client.registerAll();
    Future<Void> idle = client.whenIdle();
    assertThat(idle.isComplete()).isFalse();
    answer();
    assertThat(idle.succeeded()).isTrue();
  }

  @Test
  void aLongListIsSentInPagesAndBeginsAgainWhenOneIsLost() {
    for (int i = 0; i < 4_500; i++) {
      streams.add("s" + i);
    }
    client.registerAll();
    assertThat(page(0, true)).hasSize(2_000);
    virtual.next(Register.class).fail();
    virtual.pass(1_000);
    Set<String> sent = new TreeSet<>();
    for (int page = 0; page < 3; page++) {
      sent.addAll(page(page, page < 2));
      answer(new long[page < 2 ? 2_000 : 500]);
    }
    assertThat(sent).isEqualTo(streams);
    assertThat(client.settled()).isTrue();
  }

  private List<String> page(int number, boolean more) {
    Register register = (Register) virtual.sent().get(0);
    assertThat(register.getAll()).isTrue();
    assertThat(register.getPage()).isEqualTo(number);
    assertThat(register.getMore()).isEqualTo(more);
    return register.getStreamsList();
  }
}
