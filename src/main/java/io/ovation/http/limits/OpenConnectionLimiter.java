package io.ovation.http.limits;

import com.sun.management.UnixOperatingSystemMXBean;
import io.ovation.vertx.NettyPipelines;
import io.vertx.core.http.HttpConnection;
import java.lang.management.ManagementFactory;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Limits how many connections are open at a time, in all and of one client address. Any thread. */
public final class OpenConnectionLimiter {
  /** Files that connections always leave to queue, store and operators. */
  private static final int LEFT = 64;

  private final int perAddress;
  private final long all;
  private final ClientAddresses clients;
  private final Map<String, Integer> open = new ConcurrentHashMap<>();
  private final AtomicLong total = new AtomicLong();

  /**
   * @param perAddress 0 for no limit
   * @param all of any address
   */
  public OpenConnectionLimiter(int perAddress, long all, ClientAddresses clients) {
    this.perAddress = perAddress;
    this.all = all;
    this.clients = clients;
  }

  /** As many as the files that this process may open ({@code ulimit -n}) allow. */
  public static long allowedByFiles() {
    long files = files();
    return files == Long.MAX_VALUE ? files : Math.min(files / 20 * 19, files - LEFT);
  }

  /** Files that this process may open; {@code Long.MAX_VALUE} if it is not known. */
  public static long files() {
    return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix
            && unix.getMaxFileDescriptorCount() > 0
        ? unix.getMaxFileDescriptorCount()
        : Long.MAX_VALUE;
  }

  /** Counts the connection until it closes; returns false if there are too many. */
  public boolean admit(HttpConnection connection) {
    return admit(
        connection.remoteAddress().hostAddress(),
        closed -> NettyPipelines.onClose(connection, closed));
  }

  /**
   * @param address null if it is not known
   * @param onClose takes what is to be done when the connection has closed
   */
  boolean admit(@Nullable String address, Consumer<Runnable> onClose) {
    boolean room = total.incrementAndGet() <= all;
    onClose.accept(total::decrementAndGet);
    // The connections of a proxy are those of many clients.
    if (perAddress == 0 || address == null || clients.isTrusted(address)) {
      return room;
    }
    String client = ClientAddresses.canonical(address);
    int count = open.merge(client, 1, Integer::sum);
    onClose.accept(() -> open.computeIfPresent(client, (a, n) -> n == 1 ? null : n - 1));
    return room && count <= perAddress;
  }
}
