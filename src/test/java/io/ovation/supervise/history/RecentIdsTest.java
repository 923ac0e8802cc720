package io.ovation.supervise.history;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.wire.proto.Event;
import org.junit.jupiter.api.Test;

class RecentIdsTest {
  private long nanos = 100;
  private final RecentIds.Total total = new RecentIds.Total();
  private final RecentIds recent = new RecentIds(() -> nanos, total);

  private static Event event(String user, String id, long offset) {
    return Event.newBuilder().setUser(user).setId(id).setOffset(offset).build();
  }

  @Test
  void aSecondOffsetOfAnIdIsKnownAndAnotherUsersIsNot() {
    assertThat(recent.add(event("alice", "1", 100))).isTrue();
    assertThat(recent.add(event("alice", "1", 5_000_100))).isFalse();
    assertThat(recent.add(event("bob", "1", 5_000_101))).isTrue();
  }

  @Test
  void anIdThatTheStoreHasForgottenIsANewComment() {
    assertThat(recent.add(event("alice", "1", 100))).isTrue();
    nanos += RecentIds.REMEMBERED_NANOS;
    assertThat(recent.add(event("alice", "1", 101))).isTrue();
    assertThat(recent.add(event("alice", "1", 102))).isFalse();
  }

  @Test
  void onlyTheNewestAreKept() {
    for (int i = 0; i <= RecentIds.BOUND; i++) {
      assertThat(recent.add(event("alice", "" + i, i + 1))).isTrue();
    }
    assertThat(recent.add(event("alice", "1", 9_000))).isFalse();
    assertThat(recent.add(event("alice", "0", 9_000))).isTrue();
  }

  @Test
  void allStreamsTogetherRememberABoundedNumber() {
    int most = RecentIds.Total.BOUND;
    for (int stream = 0; stream < 2 * most / RecentIds.BOUND; stream++) {
      RecentIds ids = new RecentIds(() -> nanos, total);
      for (int i = 0; i < RecentIds.BOUND; i++) {
        ids.add(event("alice", "" + i, i + 1));
      }
    }
    assertThat(total.ids()).isBetween(most, most + most / RecentIds.BOUND * RecentIds.LEAST);
    // A stream that grows makes room: it keeps its newest.
    assertThat(recent.add(event("alice", "a", 1))).isTrue();
    assertThat(recent.add(event("alice", "a", 2))).isFalse();
  }

  @Test
  void aStreamThatEndedRemembersNothing() {
    recent.add(event("alice", "a", 1));
    recent.add(event("alice", "a", 2));
    recent.add(event("alice", "b", 3));
    assertThat(total.ids()).isEqualTo(2);
    recent.clear();
    assertThat(total.ids()).isZero();
  }
}
