package io.ovation.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A network namespace for each node, joined by a bridge, so that the network between two nodes can
 * be cut: packets vanish, connections stay. Linux and root only.
 */
public final class Namespaces implements AutoCloseable {
  /** No device has it. */
  private static final String NOBODY = "02:00:00:00:00:fe";

  private final String id = "ov" + ProcessHandle.current().pid() % 100_000;
  private final String subnet = "10.213." + ProcessHandle.current().pid() % 250 + ".";
  private final int size;

  /**
   * @param size how many nodes
   */
  public Namespaces(int size) {
    this.size = size;
    Runtime.getRuntime().addShutdownHook(new Thread(this::close));
    ip("link", "add", id, "type", "bridge");
    ip("addr", "add", hub() + "/24", "dev", id);
    ip("link", "set", id, "up");
    for (int i = 0; i < size; i++) {
      ip("netns", "add", name(i));
      ip("link", "add", id + "v" + i, "type", "veth", "peer", "name", "eth0", "netns", name(i));
      ip("link", "set", id + "v" + i, "master", id, "up");
      inside(i, "addr", "add", address(i) + "/24", "dev", "eth0");
      inside(i, "link", "set", "eth0", "up");
      inside(i, "link", "set", "lo", "up");
    }
  }

  /** Whether this machine and user can have them. */
  public static boolean available() {
    return "root".equals(System.getProperty("user.name"))
        && Files.isExecutable(Path.of("/usr/sbin/ip"));
  }

  /** The address of this process as nodes see it. */
  public String hub() {
    return subnet + "1";
  }

  /** The address of node {@code i}. */
  public String address(int i) {
    return subnet + (10 + i);
  }

  /** What to put before a command that is to run as node {@code i}. */
  public List<String> launcher(int i) {
    return List.of("ip", "netns", "exec", name(i));
  }

  /** Packets between two nodes vanish. */
  public void cut(int one, int other) {
    loseWay(one, other);
    loseWay(other, one);
  }

  /** Ends {@link #cut}. */
  public void heal(int one, int other) {
    inside(one, "neigh", "del", address(other), "dev", "eth0");
    inside(other, "neigh", "del", address(one), "dev", "eth0");
  }

  private void loseWay(int from, int to) {
    inside(
        from, "neigh", "replace", address(to), "lladdr", NOBODY, "dev", "eth0", "nud", "permanent");
  }

  /** Packets from one node to another's port are not sent. */
  public void cutPort(int from, int to, int port) {
    inside(from, rule("add", to, port));
  }

  /** Ends {@link #cutPort}. */
  public void healPort(int from, int to, int port) {
    inside(from, rule("del", to, port));
  }

  private String[] rule(String verb, int to, int port) {
    return new String[] {
      "rule",
      verb,
      "priority",
      "10",
      "to",
      address(to),
      "ipproto",
      "tcp",
      "dport",
      "" + port,
      "blackhole"
    };
  }

  private String name(int i) {
    return id + "n" + i;
  }

  private void inside(int i, String... command) {
    List<String> all = new ArrayList<>(List.of("-n", name(i)));
    all.addAll(List.of(command));
    ip(all.toArray(String[]::new));
  }

  private static void ip(String... command) {
    String said = tryIp(command);
    if (!said.isEmpty()) {
      throw new IllegalStateException("ip " + String.join(" ", command) + ": " + said);
    }
  }

  /** What it printed, which is nothing if all is well. */
  private static String tryIp(String... command) {
    List<String> all = new ArrayList<>(List.of("ip"));
    all.addAll(List.of(command));
    try {
      Process process = new ProcessBuilder(all).redirectErrorStream(true).start();
      byte[] out = process.getInputStream().readAllBytes();
      int code = process.waitFor();
      String said = new String(out, StandardCharsets.UTF_8).strip();
      return code == 0 ? "" : said + " (exit " + code + ")";
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    for (int i = 0; i < size; i++) {
      tryIp("netns", "del", name(i));
      tryIp("link", "del", id + "v" + i);
    }
    tryIp("link", "del", id);
  }
}
