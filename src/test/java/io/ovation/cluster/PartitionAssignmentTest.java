package io.ovation.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class PartitionAssignmentTest {

  @Test
  void everyNodeGetsItsShareOrOneMore() {
    for (int nodes = 1; nodes <= 20; nodes++) {
      List<String> ids = Stream.generate(() -> UUID.randomUUID().toString()).limit(nodes).toList();
      List<String> owners = PartitionAssignment.assign(ids, 16);
      for (String id : ids) {
        assertThat(Collections.frequency(owners, id)).isBetween(16 / nodes, 16 / nodes + 1);
      }
    }
  }

  @Test
  void orderOfMembersDoesNotMatter() {
    List<String> ids = List.of("a", "b", "c", "d", "e");
    List<String> shuffled = new ArrayList<>(ids);
    Collections.shuffle(shuffled, new Random(1));
    assertThat(PartitionAssignment.assign(shuffled, 64))
        .isEqualTo(PartitionAssignment.assign(ids, 64));
  }

  @Test
  void aNodeThatLeavesMovesFewOfTheOthersPartitions() {
    List<String> before = PartitionAssignment.assign(List.of("a", "b", "c", "d"), 256);
    List<String> after = PartitionAssignment.assign(List.of("a", "b", "c"), 256);
    long moved = 0;
    for (int p = 0; p < 256; p++) {
      if (!before.get(p).equals("d") && !before.get(p).equals(after.get(p))) {
        moved++;
      }
    }
    assertThat(moved).isLessThan(64);
  }

  @Test
  void withoutDispatchersNobodyOwnsAnything() {
    assertThat(PartitionAssignment.assign(List.of(), 16)).isEmpty();
  }
}
