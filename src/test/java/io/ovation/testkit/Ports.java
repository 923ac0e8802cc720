package io.ovation.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Free loopback ports. They are below 32768, where Linux begins to give out ports to clients: a
 * client that retried against a stopped server in that range has connected to itself.
 */
public final class Ports {
  private static final int LOW = 20_000;
  private static final int HIGH = 32_000;

  /**
   * Each test JVM begins elsewhere. The processes of two at a time have ids that differ by little:
   * by the golden section such are at least 1,000 ports apart, which is more than one uses. A
   * server that one of them restarts must not find its port taken meanwhile.
   */
  private static final AtomicInteger NEXT =
      new AtomicInteger((int) (ProcessHandle.current().pid() * 7_417 % (HIGH - LOW)));

  private Ports() {}

  /** A port nobody listens on now and that this JVM has not given out lately. */
  public static int free() {
    for (int tries = 0; tries < HIGH - LOW; tries++) {
      int port = LOW + Math.floorMod(NEXT.getAndIncrement(), HIGH - LOW);
      if (isFree(port)) {
        return port;
      }
    }
    throw new IllegalStateException("no free port in " + LOW + ".." + HIGH);
  }

  private static boolean isFree(int port) {
    try (ServerSocket socket = new ServerSocket()) {
      socket.setReuseAddress(true);
      socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
      return true;
    } catch (java.net.BindException e) {
      return false;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
