package io.ovation.testkit;

import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Reactions at a fixed rate, 50 to a call: half of them from a crowd's own connections, half by
 * HTTP. A reaction on a connection is answered only if it failed, which fails the crowd's check.
 */
public final class ReactionLoad implements AutoCloseable {
  public static final int PER_CALL = 50;
  private static final int TICK_MILLIS = 10;
  private static final int HTTP_CONNECTIONS = 64;

  private final Crowd crowd;
  private final OpenLoop http;
  private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
  private final AtomicLong sent = new AtomicLong();
  private volatile double sentPerNano;
  private volatile long begun;
  private volatile long quota;

  /** Of kind {@code like}, to the crowd's stream. */
  public ReactionLoad(Crowd crowd, int port, String stream) {
    this.crowd = crowd;
    String path = "/streams/" + stream + "/reactions";
    this.http =
        new OpenLoop(
            port,
            HTTP_CONNECTIONS,
            new OpenLoop.Script() {
              @Override
              public String path(long n) {
                return path;
              }

              @Override
              public String body(long n, long dueNanos) {
                return "{\"user\":\"h%d\",\"kind\":\"like\",\"count\":%d}"
                    .formatted(n % 1_000, PER_CALL);
              }
            });
  }

  /**
   * @param perSecond reactions
   */
  public void start(int perSecond, Duration time) {
    double calls = perSecond / 2.0 / PER_CALL;
    http.start(calls, time);
    begun = System.nanoTime();
    sentPerNano = calls / 1e9;
    quota = Math.round(calls * time.toNanos() / 1e9);
    var unused = clock.scheduleAtFixedRate(this::send, 0, TICK_MILLIS, TimeUnit.MILLISECONDS);
  }

  private void send() {
    long due = Math.min(quota, (long) ((System.nanoTime() - begun) * sentPerNano));
    while (sent.get() < due) {
      int member = (int) (sent.getAndIncrement() % crowd.members().size());
      crowd
          .members()
          .get(member)
          .send("{\"type\":\"reaction\",\"kind\":\"like\",\"count\":" + PER_CALL + "}");
    }
  }

  /** Waits until everything is sent, and what came by HTTP is answered. */
  public void finish(Duration limit) {
    http.finish(limit);
    Await.until("all to be sent", limit, () -> sent.get() >= quota);
  }

  /** Reactions sent on connections. */
  public long sent() {
    return sent.get() * PER_CALL;
  }

  /** Reactions answered 202. */
  public long accepted() {
    return http.answers(202) * PER_CALL;
  }

  /** Calls by HTTP that were answered otherwise. */
  public long refused() {
    return http.posted() - http.answers(202);
  }

  @Override
  public void close() {
    clock.shutdownNow();
    http.close();
  }
}
