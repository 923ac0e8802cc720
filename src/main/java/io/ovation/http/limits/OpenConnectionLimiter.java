package io.ovation.http.limits;

import io.ovation.vertx.NettyPipelines;
import io.vertx.core.http.HttpConnection;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Limits how many connections of one client address are open at a time. Any thread. */
public final class OpenConnectionLimiter {
  private final int limit;
  private final ClientAddresses clients;
  private final Map<String, Integer> open = new ConcurrentHashMap<>();

  /**
   * @param limit 0 for none
   */
  public OpenConnectionLimiter(int limit, ClientAddresses clients) {
    this.limit = limit;
    this.clients = clients;
  }

  /** Counts the connection until it closes; returns false if its address has too many. */
  public boolean admit(HttpConnection connection) {
    if (limit == 0) {
      return true;
    }
    String address = connection.remoteAddress().hostAddress();
    if (address == null || clients.isTrusted(address)) {
      return true; // The connections of a proxy are those of many clients.
    }
    int count = open.merge(address, 1, Integer::sum);
    NettyPipelines.onClose(
        connection, () -> open.computeIfPresent(address, (a, n) -> n == 1 ? null : n - 1));
    return count <= limit;
  }
}
