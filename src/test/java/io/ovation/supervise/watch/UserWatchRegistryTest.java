package io.ovation.supervise.watch;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.cluster.UserAssignment;
import io.ovation.metrics.Metrics;
import io.ovation.supervise.SupervisorFixture;
import io.ovation.testkit.FakeCluster;
import io.ovation.testkit.VirtualVertx;
import io.ovation.testkit.VirtualVertx.Sent;
import io.ovation.wire.proto.Answer;
import io.ovation.wire.proto.Elsewhere;
import io.ovation.wire.proto.Watch;
import io.ovation.wire.proto.Watched;
import io.ovation.wire.proto.Watches;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class UserWatchRegistryTest {
  private static final long MS = 1_000_000;
  private static final long HOUR = 3_600_000 * MS;
  private final VirtualVertx virtual = new VirtualVertx();
  private final FakeCluster cluster = new FakeCluster("here").setMembers("here");
  private final List<Object> replies = new ArrayList<>();
  private final UserWatchRegistry registry =
      new UserWatchRegistry(
          SupervisorFixture.context(virtual, cluster, new Metrics()), new UserAssignment(cluster));

  private static Watch watch(String user, long stream, long connection, long ageMs) {
    NameHash name = NameHash.of(user);
    return Watch.newBuilder()
        .setUserHigh(name.high())
        .setUserLow(name.low())
        .setStream(stream)
        .setConnection(connection)
        .setAge(ageMs * MS)
        .build();
  }

  /** Each node's clock begins elsewhere. */
  private void receive(String node, Watch... watches) {
    Watches message =
        Watches.newBuilder()
            .setNode(node)
            .setSent(virtual.nanoTime() + node.hashCode() * HOUR)
            .addAllWatches(List.of(watches))
            .build();
    registry.handle(message, VirtualVertx.message(message, replies));
  }

  private static List<Long> connections(Sent sent) {
    return ((Elsewhere) sent.body()).getConnectionsList();
  }

  @Test
  void theNodeOfTheEarlierWatchIsNotified() {
    receive("a", watch("bob", 1, 11, 0));
    virtual.pass(10);
    receive("b", watch("bob", 2, 22, 0));
    Sent sent = virtual.next(Elsewhere.class);
    assertThat(sent.address()).isEqualTo("ovation.supervise.a");
    assertThat(connections(sent)).containsExactly(11L);
    assertThat(registry.size()).isEqualTo(1);
  }

  @Test
  void anEarlierWatchThatIsReportedLateLoses() {
    receive("a", watch("bob", 1, 11, 0));
    receive("b", watch("bob", 2, 22, 500));
    Sent sent = virtual.next(Elsewhere.class);
    assertThat(sent.address()).isEqualTo("ovation.supervise.b");
    assertThat(connections(sent)).containsExactly(22L);
  }

  @Test
  void usersOfOtherNodesAreRefusedByTheirPlace() {
    cluster.setMembers("other");
    receive("a", watch("bob", 1, 11, 0), watch("alice", 1, 12, 0));
    assertThat(replies).containsExactly(Watched.newBuilder().addRefused(0).addRefused(1).build());
    assertThat(registry.size()).isZero();
  }

  @Test
  void anUnansweredNotificationIsRepeatedWhileItsNodeIsAMember() {
    cluster.setMembers("here", "a");
    List<String> users = owned(2);
    receive("a", watch(users.get(0), 1, 11, 5), watch(users.get(1), 1, 12, 5));
    receive("b", watch(users.get(0), 2, 21, 0), watch(users.get(1), 2, 22, 0));
    int attempts = 0;
    for (int i = 0; i < 10; i++) {
      if (!virtual.sent().isEmpty()) {
        Sent sent = virtual.next(Elsewhere.class);
        assertThat(connections(sent)).containsExactly(11L, 12L);
        sent.fail();
        attempts++;
      }
      virtual.pass(1_000);
    }
    assertThat(attempts).isEqualTo(5);

    receive("a", watch(users.get(0), 3, 13, -1));
    virtual.next(Elsewhere.class).answer(Answer.getDefaultInstance());
    receive("b", watch(users.get(0), 4, 23, -2));
    cluster.setMembers("here");
    virtual.next(Elsewhere.class).fail();
    virtual.pass(5_000);
    assertThat(virtual.sent()).as("its node has left").isEmpty();
  }

  /** Users that this node owns. */
  private List<String> owned(int count) {
    UserAssignment owners = new UserAssignment(cluster);
    List<String> users = new ArrayList<>();
    for (int i = 0; users.size() < count; i++) {
      if ("here".equals(owners.of(NameHash.of("user" + i).low()))) {
        users.add("user" + i);
      }
    }
    return users;
  }

  @Test
  void connectionsOfANodeThatLeftAndUsersOfOthersAreRemoved() {
    cluster.setMembers("here", "a", "b");
    for (String user : owned(300)) {
      receive("a", watch(user, 1, 1, 0));
      receive("b", watch(user, 1, 2, 0));
    }
    assertThat(registry.size()).isEqualTo(600);
    cluster.setMembers("here", "a");
    registry.membersChanged();
    assertThat(registry.size()).isEqualTo(300);
    cluster.setMembers("a");
    registry.membersChanged();
    assertThat(registry.size()).isZero();
  }
}
