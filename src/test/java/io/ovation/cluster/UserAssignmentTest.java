package io.ovation.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class UserAssignmentTest {
  private static final int USERS = 10_000;

  @Test
  void usersAreSpreadEvenlyOverTheNodesThatServeViewers() {
    FakeCluster cluster = new FakeCluster("a", "b", "c", "d");
    cluster.join("dispatcher", Role.DISPATCH);
    Map<String, Integer> share = new HashMap<>();
    owners(new UserAssignment(cluster)).forEach(owner -> share.merge(owner, 1, Integer::sum));
    assertThat(share).containsOnlyKeys("a", "b", "c", "d");
    assertThat(share.values()).allMatch(users -> users > USERS / 5 && users < USERS * 3 / 10);
  }

  @Test
  void aNodeThatLeavesMovesOnlyItsOwnUsers() {
    FakeCluster cluster = new FakeCluster("a", "b", "c");
    UserAssignment owners = new UserAssignment(cluster);
    List<String> before = owners(owners);
    cluster.leave("b");
    List<String> after = owners(owners);
    for (int i = 0; i < USERS; i++) {
      if (before.get(i).equals("b")) {
        assertThat(after.get(i)).isNotEqualTo("b");
      } else {
        assertThat(after.get(i)).isEqualTo(before.get(i));
      }
    }
  }

  @Test
  void everyNodeComputesTheSameWhateverTheOrderOfItsMembers() {
    List<String> one = owners(new UserAssignment(new FakeCluster("a", "b", "c")));
    assertThat(owners(new UserAssignment(new FakeCluster("c", "a", "b")))).isEqualTo(one);
  }

  @Test
  void withoutNodesThatServeViewersThereIsNoOwner() {
    FakeCluster cluster = new FakeCluster();
    cluster.join("dispatcher", Role.DISPATCH);
    UserAssignment owners = new UserAssignment(cluster);
    assertThat(owners.of(1)).isNull();
    assertThat(owners.nodes()).isEmpty();
  }

  private static List<String> owners(UserAssignment owners) {
    List<String> all = new ArrayList<>();
    for (int user = 0; user < USERS; user++) {
      all.add(owners.of(StableHashes.fnv("user" + user)));
    }
    return all;
  }

  /** Members that the test adds and removes. */
  private static final class FakeCluster implements Cluster {
    private final List<Member> members = new ArrayList<>();
    private final List<Runnable> listeners = new ArrayList<>();

    FakeCluster(String... nodes) {
      for (String node : nodes) {
        join(node, Role.SUPERVISE);
      }
    }

    void join(String node, Role role) {
      members.add(new Member(node, Set.of(role)));
      listeners.forEach(Runnable::run);
    }

    void leave(String node) {
      members.removeIf(member -> member.id().equals(node));
      listeners.forEach(Runnable::run);
    }

    @Override
    public String self() {
      return "a";
    }

    @Override
    public List<Member> members() {
      return List.copyOf(members);
    }

    @Override
    public void onChange(Runnable listener) {
      listeners.add(listener);
    }

    @Override
    public void onMerge(Runnable listener) {}

    @Override
    public Future<Void> announceRole(Role role) {
      return Future.succeededFuture();
    }

    @Override
    public Future<Void> withdrawRole(Role role) {
      return Future.succeededFuture();
    }

    @Override
    public RegistrationMap registrations() {
      throw new UnsupportedOperationException();
    }
  }
}
