package io.ovation.http.limits;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Meter.MeterProvider;
import io.ovation.http.problem.Problem;
import io.ovation.http.problem.ProblemException;
import io.ovation.metrics.Metrics;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * How many connections that watch a stream one user, and one client's address, may have on this
 * node at a time. Any thread.
 */
public final class ConnectionLimits {
  private static final int RETRY_SECONDS = 5;

  private final int perUser;
  private final int perAddress;
  private final Map<String, Integer> users = new ConcurrentHashMap<>();
  private final Map<String, Integer> addresses = new ConcurrentHashMap<>();
  private final MeterProvider<Counter> refused;

  /** What a connection counts for until it is released. */
  public final class Slot {
    private final String address;
    private volatile String user;
    private final AtomicBoolean released = new AtomicBoolean();

    private Slot(String user, String address) {
      this.user = user;
      this.address = address;
    }

    /**
     * The connection watches as another user from now on.
     *
     * @throws io.ovation.http.problem.ProblemException 429 if that one has too many
     */
    public void moveTo(String name) {
      if (!user.equals(name)) {
        takeUser(name);
        remove(users, user);
        user = name;
      }
    }

    public void release() {
      if (released.compareAndSet(false, true)) {
        remove(users, user);
        remove(addresses, address);
      }
    }
  }

  /**
   * @param perUser 0 for no limit
   * @param perAddress 0 for no limit
   */
  public ConnectionLimits(int perUser, int perAddress, Metrics metrics) {
    this.perUser = perUser;
    this.perAddress = perAddress;
    this.refused = ActionLimits.refused(metrics);
  }

  public boolean usesAddresses() {
    return perAddress > 0;
  }

  /**
   * Counts a connection.
   *
   * @param address empty if it is not known
   * @throws io.ovation.http.problem.ProblemException 429 if it is one too many
   */
  public Slot take(String user, String address) {
    if (perAddress > 0 && !address.isEmpty() && !add(addresses, address, perAddress)) {
      throw refuse("address", perAddress).exception();
    }
    try {
      takeUser(user);
    } catch (ProblemException e) {
      remove(addresses, address);
      throw e;
    }
    return new Slot(user, address);
  }

  private void takeUser(String user) {
    if (perUser > 0 && !add(users, user, perUser)) {
      throw refuse("user", perUser).exception();
    }
  }

  private Problem refuse(String per, int limit) {
    refused.withTags("action", "connection", "per", per).increment();
    String detail =
        "this %s has %d connections that watch a stream here, as many as it may: close one, then"
            + " watch again";
    return new Problem(429, "rate", null, detail.formatted(per, limit), RETRY_SECONDS);
  }

  private static boolean add(Map<String, Integer> open, String key, int limit) {
    int count = open.merge(key, 1, Integer::sum);
    if (count > limit) {
      remove(open, key);
    }
    return count <= limit;
  }

  private static void remove(Map<String, Integer> open, String key) {
    open.computeIfPresent(key, (k, count) -> count == 1 ? null : count - 1);
  }
}
