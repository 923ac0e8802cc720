package io.ovation.http;

import io.ovation.vertx.NettyPipelines;
import io.vertx.core.http.HttpConnection;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Limits how many connections of one client address are open at a time. Any thread. */
final class AddressLimiter {
  private final int limit;
  private final Map<String, Integer> open = new ConcurrentHashMap<>();

  /**
   * @param limit 0 for none
   */
  AddressLimiter(int limit) {
    this.limit = limit;
  }

  /** Counts the connection until it closes; returns false if its address has too many. */
  boolean admit(HttpConnection connection) {
    if (limit == 0) {
      return true;
    }
    String address = connection.remoteAddress().hostAddress();
    int count = open.merge(address, 1, Integer::sum);
    NettyPipelines.onClose(
        connection, () -> open.computeIfPresent(address, (a, n) -> n == 1 ? null : n - 1));
    return count <= limit;
  }
}
