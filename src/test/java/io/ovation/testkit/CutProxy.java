package io.ovation.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;

/**
 * A TCP proxy of the test's own, whose cut loses bytes as a network does: connections stay open and
 * nothing passes, new ones are accepted and get no answer.
 */
public final class CutProxy implements AutoCloseable {
  private final ServerSocket server;
  private final int target;
  private volatile boolean cut;

  public CutProxy(int target) {
    this.target = target;
    try {
      server = new ServerSocket(Ports.free(), 50, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    thread(this::accept);
  }

  public int port() {
    return server.getLocalPort();
  }

  public void cut() {
    cut = true;
  }

  public void heal() {
    cut = false;
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        Socket client = server.accept();
        Socket behind = new Socket(InetAddress.getLoopbackAddress(), target);
        thread(() -> carry(client, behind));
        thread(() -> carry(behind, client));
      } catch (IOException e) {
        // It is closed, or nobody listens behind it.
      }
    }
  }

  private void carry(Socket from, Socket to) {
    byte[] bytes = new byte[8192];
    try (from;
        to) {
      int count;
      while ((count = from.getInputStream().read(bytes)) >= 0) {
        if (!cut) {
          to.getOutputStream().write(bytes, 0, count);
        }
      }
    } catch (IOException e) {
      // Both are closed.
    }
  }

  private static void thread(Runnable task) {
    Thread thread = new Thread(task, "cut-proxy");
    thread.setDaemon(true);
    thread.start();
  }

  @Override
  public void close() {
    try {
      server.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
