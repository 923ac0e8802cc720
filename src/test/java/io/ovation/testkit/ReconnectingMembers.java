package io.ovation.testkit;

import java.io.IOException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Members that behave as client libraries do. Asked to reconnect, they leave and connect again
 * after the time they were given; disconnected or refused, after a random time that grows. A
 * balancer picks the node.
 */
public final class ReconnectingMembers implements Crowd.Listener {
  private static final long FIRST_MS = 2_000;
  private static final long MOST_MS = 10_000;

  private final Balancer balancer;
  private final ConcurrentMap<CrowdMember, Long> told = new ConcurrentHashMap<>();
  private final ConcurrentMap<CrowdMember, Integer> attempts = new ConcurrentHashMap<>();
  private final AtomicLong signals = new AtomicLong();
  private final AtomicLong refusals = new AtomicLong();

  public ReconnectingMembers(Balancer balancer) {
    this.balancer = balancer;
  }

  /** How often members were asked to reconnect. */
  public long signals() {
    return signals.get();
  }

  /** How often they were refused, or found nobody. */
  public long refusals() {
    return refusals.get();
  }

  @Override
  public void received(CrowdMember member, NonEventMessages.Message message) {
    if (message.type().equals("watching")) {
      attempts.remove(member);
    } else if (message.type().equals("reconnect")) {
      signals.incrementAndGet();
      told.put(member, message.json().getLong("after_ms"));
      member.leave();
    }
  }

  @Override
  public void left(CrowdMember member) {
    Long after = told.remove(member);
    member.reconnectAfter(after != null ? after : jitter(attempts.merge(member, 1, Integer::sum)));
  }

  private static long jitter(int attempt) {
    long most = Math.min(MOST_MS, FIRST_MS << Math.min(attempt - 1, 10));
    return ThreadLocalRandom.current().nextLong(most);
  }

  @Override
  public int port(CrowdMember member, int usual) {
    return balancer.pick();
  }

  /** No answer and 503 are part of the plan; of errors only that a stream has no owner yet. */
  @Override
  public boolean expects(CrowdMember member, Throwable cause) {
    String what = String.valueOf(cause.getMessage());
    if (what.startsWith("{")) {
      member.leave();
      return what.contains("\"unavailable\"");
    }
    refusals.incrementAndGet();
    return cause instanceof IOException
        && (!what.startsWith("no upgrade") || what.contains(" 503 "));
  }
}
