package io.ovation.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.testkit.FakeCluster;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class UserAssignmentTest {
  private static final int USERS = 10_000;

  @Test
  void usersAreSpreadEvenlyOverTheNodesThatServeViewers() {
    FakeCluster cluster = of("a", "b", "c", "d");
    cluster.join("dispatcher", Role.DISPATCH);
    Map<String, Integer> share = new HashMap<>();
    owners(new UserAssignment(cluster)).forEach(owner -> share.merge(owner, 1, Integer::sum));
    assertThat(share).containsOnlyKeys("a", "b", "c", "d");
    assertThat(share.values()).allMatch(users -> users > USERS / 5 && users < USERS * 3 / 10);
  }

  @Test
  void aNodeThatLeavesMovesOnlyItsOwnUsers() {
    FakeCluster cluster = of("a", "b", "c");
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
    List<String> one = owners(new UserAssignment(of("a", "b", "c")));
    assertThat(owners(new UserAssignment(of("c", "a", "b")))).isEqualTo(one);
  }

  @Test
  void withoutNodesThatServeViewersThereIsNoOwner() {
    FakeCluster cluster = of();
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

  private static FakeCluster of(String... nodes) {
    FakeCluster cluster = new FakeCluster("a");
    List.of(nodes).forEach(node -> cluster.join(node, Role.SUPERVISE));
    return cluster;
  }
}
