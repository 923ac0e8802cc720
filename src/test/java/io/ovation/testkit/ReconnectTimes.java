package io.ovation.testkit;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.HdrHistogram.Histogram;

/**
 * How long members that reconnect take until they have what the others had when they began:
 * connecting, watching and the replay. Looks every few milliseconds, on a thread of its own.
 */
public final class ReconnectTimes implements AutoCloseable {
  private static final Duration LOOK = Duration.ofMillis(5);

  private record Journey(long begun, long target) {}

  private final int streams;
  private final Map<CrowdMember, Journey> under = new ConcurrentHashMap<>();
  private final Histogram times = new Histogram(3);
  private final Thread thread = new Thread(this::watch, "reconnects");
  private volatile long[] heads;
  private volatile Iterable<CrowdMember> members = java.util.List.of();
  private volatile boolean closed;

  /**
   * @param streams round which the members go
   */
  public ReconnectTimes(int streams) {
    this.streams = streams;
    this.heads = new long[streams];
    thread.setDaemon(true);
  }

  public void start(Crowd crowd) {
    members = crowd.members();
    thread.start();
  }

  /** The member begins to connect; again, if it was refused. */
  public void begun(CrowdMember member) {
    if (member.position() >= 0) {
      long target = heads[member.number() % streams];
      under.putIfAbsent(member, new Journey(System.nanoTime(), target));
    }
  }

  private void watch() {
    while (!closed) {
      long[] now = new long[streams];
      for (CrowdMember member : members) {
        int stream = member.number() % streams;
        now[stream] = Math.max(now[stream], member.position());
      }
      heads = now;
      under.forEach(
          (member, journey) -> {
            if (member.watching() && member.position() >= journey.target) {
              under.remove(member);
              synchronized (times) {
                times.recordValue((System.nanoTime() - journey.begun) / 1_000_000);
              }
            }
          });
      Await.pass(LOOK);
    }
  }

  /** In milliseconds. */
  public long percentile(double percent) {
    synchronized (times) {
      return times.getValueAtPercentile(percent);
    }
  }

  public long count() {
    synchronized (times) {
      return times.getTotalCount();
    }
  }

  @Override
  public void close() {
    closed = true;
  }

  @Override
  public String toString() {
    synchronized (times) {
      return "%d reconnects, p50 %d ms, p99 %d ms, max %d ms"
          .formatted(
              times.getTotalCount(),
              times.getValueAtPercentile(50),
              times.getValueAtPercentile(99),
              times.getMaxValue());
    }
  }
}
