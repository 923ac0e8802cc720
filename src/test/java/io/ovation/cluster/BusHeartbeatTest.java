package io.ovation.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.metrics.Metrics;
import io.ovation.testkit.FakeCluster;
import io.ovation.testkit.VirtualVertx;
import io.ovation.wire.Addresses;
import io.vertx.core.Future;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.eventbus.ReplyFailure;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What a node says of members that do not answer, in virtual time. */
class BusHeartbeatTest {
  /** A request fails then. */
  private static final long PATIENCE_MS = 2_000;

  private static final ReplyException UNANNOUNCED = new ReplyException(ReplyFailure.NO_HANDLERS);
  private static final ReplyException NO_ANSWER = new ReplyException(ReplyFailure.TIMEOUT);

  private final VirtualVertx vertx = new VirtualVertx();
  private final FakeCluster cluster = new FakeCluster("me");

  /** Member → how its requests end; answered if absent. */
  private final Map<String, ReplyException> failing = new HashMap<>();

  private BusHeartbeat start(String... members) {
    cluster.setMembers(members);
    return BusHeartbeat.start(vertx.vertx(), cluster, new Metrics(), vertx::nanoTime);
  }

  /** Lets time pass, in which every request ends as the test said. */
  private void pass(long ms) {
    for (long end = vertx.now() + ms; vertx.now() < end; vertx.pass(100)) {
      for (Cluster.Member member : cluster.members()) {
        String id = member.id();
        for (VirtualVertx.Sent request : vertx.takeSentTo(Addresses.heartbeat(id))) {
          ReplyException failure = failing.get(id);
          if (failure == null) {
            request.answer("");
          } else if (failure == UNANNOUNCED) {
            request.fail(failure);
          } else {
            vertx.vertx().setTimer(PATIENCE_MS, t -> request.fail(failure));
          }
        }
      }
    }
  }

  private static String text(Future<String> state) {
    return String.valueOf(state.succeeded() ? state.result() : state.cause().getMessage());
  }

  @Test
  void aNodeThatWasCutOffBeforeItStartedIsNeverReadyAndNamesTheOthersWithin5Seconds() {
    failing.put("a", NO_ANSWER);
    failing.put("b", NO_ANSWER);
    BusHeartbeat heartbeat = start("me", "a", "b");
    assertThat(heartbeat.state().failed()).isTrue();
    pass(1_000);
    assertThat(heartbeat.state().failed()).isTrue();
    pass(4_000);
    assertThat(heartbeat.state().failed()).isTrue();
    assertThat(text(heartbeat.state())).endsWith("of 2 does not answer: [a, b]");

    failing.clear();
    pass(4_000);
    assertThat(heartbeat.state().result()).isEqualTo("members: 3");
  }

  @Test
  void whoNeverAnswersIsNamedWithin5SecondsOfTheStart() {
    failing.put("a", NO_ANSWER);
    failing.put("b", NO_ANSWER);
    failing.put("c", NO_ANSWER);
    failing.put("d", NO_ANSWER);
    BusHeartbeat heartbeat = start("me", "a", "b", "c", "d", "e");
    pass(5_000);
    assertThat(heartbeat.state().failed()).isTrue();
    assertThat(text(heartbeat.state())).endsWith("of 4 does not answer: [a, b, c, d]");
    failing.remove("a");
    failing.remove("b");
    pass(4_000);
    assertThat(heartbeat.state().succeeded()).isTrue();
    assertThat(text(heartbeat.state())).endsWith("of 2 does not answer: [c, d]");
  }

  @Test
  void aNodeAloneAndAMemberThatJoinsAreReadyAtOnce() {
    BusHeartbeat heartbeat = start("me");
    assertThat(heartbeat.state().result()).isEqualTo("members: 1");
    cluster.setMembers("me", "new");
    failing.put("new", UNANNOUNCED);
    pass(5_000);
    assertThat(heartbeat.state().result()).isEqualTo("members: 2");
  }

  @Test
  void aMemberThatAnnouncesNoAddressIsNamedButTakesNobodyOutOfService() {
    failing.put("a", UNANNOUNCED);
    BusHeartbeat heartbeat = start("me", "a");
    pass(9_000);
    assertThat(heartbeat.state().result()).isEqualTo("members: 2");
    pass(3_000);
    assertThat(heartbeat.state().succeeded()).isTrue();
    assertThat(text(heartbeat.state())).endsWith("not announced on the event bus: [a]");

    failing.clear();
    pass(2_500);
    assertThat(heartbeat.state().result()).isEqualTo("members: 2");
  }

  @Test
  void aMemberThatFallsSilentIsNamedWithin5SecondsOfItsLastAnswer() {
    BusHeartbeat heartbeat = start("me", "a", "b");
    pass(10_000);
    failing.put("a", NO_ANSWER);
    pass(5_000);
    assertThat(heartbeat.state().succeeded()).isTrue();
    assertThat(text(heartbeat.state())).endsWith("of 1 does not answer: [a]");
    failing.put("b", NO_ANSWER);
    pass(5_000);
    assertThat(heartbeat.state().failed()).isTrue();
    assertThat(text(heartbeat.state())).endsWith("of 2 does not answer: [a, b]");
  }
}
