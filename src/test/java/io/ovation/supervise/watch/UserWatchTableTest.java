package io.ovation.supervise.watch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

class UserWatchTableTest {
  private static final NameHash BOB = NameHash.of("bob");
  private final UserWatchTable table = new UserWatchTable();

  private List<Long> began(NameHash user, long stream, String node, long connection, long at) {
    return table
        .began(user, new UserWatchTable.Connection(new ClockOffset(node), connection, stream, at))
        .stream()
        .map(UserWatchTable.Connection::number)
        .toList();
  }

  private int retained(Predicate<UserWatchTable.Connection> keep) {
    table.users().forEach(user -> table.retain(user, keep));
    return table.size();
  }

  @Test
  void aSecondStreamEndsTheFirst() {
    assertThat(began(BOB, 1, "a", 1, 0)).isEmpty();
    assertThat(began(BOB, 2, "b", 1, 5)).containsExactly(1L);
    assertThat(table.size()).isEqualTo(1);
  }

  @Test
  void theSameStreamOnSeveralConnectionsIsAllowedAndAllEndTogether() {
    began(BOB, 1, "a", 1, 0);
    assertThat(began(BOB, 1, "a", 2, 1)).isEmpty();
    assertThat(began(BOB, 1, "b", 3, 2)).isEmpty();
    assertThat(began(BOB, 2, "b", 4, 3)).containsExactlyInAnyOrder(1L, 2L, 3L);
    assertThat(table.size()).isEqualTo(1);
  }

  @Test
  void anEarlierWatchReportedLateIsTheOneThatEnds() {
    began(BOB, 2, "b", 2, 10);
    assertThat(began(BOB, 1, "a", 1, 3)).containsExactly(1L);
    assertThat(table.size()).isEqualTo(1);
    assertThat(began(BOB, 3, "c", 3, 11)).containsExactly(2L);
  }

  @Test
  void ofTwoAtTheSameTimeTheOneReportedLastWins() {
    began(BOB, 1, "a", 1, 7);
    assertThat(began(BOB, 2, "b", 2, 7)).containsExactly(1L);
  }

  @Test
  void aWatchReportedTwiceIsOne() {
    began(BOB, 1, "a", 1, 0);
    assertThat(began(BOB, 1, "a", 1, 0)).isEmpty();
    assertThat(table.size()).isEqualTo(1);
  }

  @Test
  void anEndFreesTheUserAndMayBeReportedTwice() {
    began(BOB, 1, "a", 1, 0);
    table.ended(BOB, new ClockOffset("b"), 1);
    assertThat(table.size()).isEqualTo(1);
    table.ended(BOB, new ClockOffset("a"), 1);
    table.ended(BOB, new ClockOffset("a"), 1);
    assertThat(table.size()).isZero();
    assertThat(began(BOB, 2, "b", 2, 1)).isEmpty();
  }

  @Test
  void otherUsersAreNotTouched() {
    for (int i = 0; i < 1_000; i++) {
      assertThat(began(NameHash.of("u" + i), i, "a", i, 0)).isEmpty();
    }
    assertThat(began(NameHash.of("u7"), 5, "b", 9, 1)).containsExactly(7L);
    assertThat(table.size()).isEqualTo(1_000);
  }

  @Test
  void connectionsOfADeadNodeCanBeRemoved() {
    for (int i = 0; i < 500; i++) {
      began(NameHash.of("u" + i), 1, i % 2 == 0 ? "a" : "b", i, 0);
    }
    assertThat(retained(connection -> connection.node().id.equals("a"))).isEqualTo(250);
    assertThat(retained(connection -> false)).isZero();
  }

  @Test
  void theSizeFollowsManyRandomChanges() {
    Random random = new Random(7);
    Map<String, Long> streams = new HashMap<>();
    for (int i = 0; i < 200_000; i++) {
      String user = "u" + random.nextInt(5_000);
      if (random.nextInt(i < 100_000 ? 4 : 2) == 0) {
        table.ended(NameHash.of(user), new ClockOffset("a"), user.hashCode());
        streams.remove(user);
      } else {
        long stream = random.nextInt(3);
        began(NameHash.of(user), stream, "a", user.hashCode(), i);
        streams.put(user, stream);
      }
      if (i % 10_000 == 0) {
        assertThat(table.size()).isEqualTo(streams.size());
      }
    }
    streams
        .keySet()
        .forEach(user -> table.ended(NameHash.of(user), new ClockOffset("a"), user.hashCode()));
    assertThat(table.size()).isZero();
  }
}
