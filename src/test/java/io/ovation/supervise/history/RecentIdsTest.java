package io.ovation.supervise.history;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.wire.proto.Event;
import org.junit.jupiter.api.Test;

class RecentIdsTest {
  private long nanos = 100;
  private final RecentIds recent = new RecentIds(() -> nanos);

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
}
