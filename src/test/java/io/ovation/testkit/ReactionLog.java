package io.ovation.testkit;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** What each member of a crowd received of reactions. */
public final class ReactionLog implements Crowd.Listener {
  private final Map<Integer, Seen> seen = new ConcurrentHashMap<>();

  /**
   * One member's.
   *
   * @param pushes how many messages
   * @param likes the last total
   */
  private record Seen(int pushes, long likes) {}

  @Override
  public void received(CrowdMember member, NonEventMessages.Message message) {
    if (message.type().equals("reactions")) {
      long likes = message.json().getJsonObject("totals").getLong("like", 0L);
      seen.merge(
          member.number(),
          new Seen(1, likes),
          (before, now) -> new Seen(before.pushes() + 1, now.likes()));
    }
  }

  /** Members whose last total is that. */
  public long at(long likes) {
    return seen.values().stream().filter(s -> s.likes() == likes).count();
  }

  public int mostPushes() {
    return seen.values().stream().mapToInt(Seen::pushes).max().orElse(0);
  }

  public int leastPushes() {
    return seen.values().stream().mapToInt(Seen::pushes).min().orElse(0);
  }

  @Override
  public String toString() {
    return "%d members got %d to %d messages, last totals %s"
        .formatted(
            seen.size(),
            leastPushes(),
            mostPushes(),
            seen.values().stream().map(Seen::likes).distinct().limit(5).toList());
  }
}
