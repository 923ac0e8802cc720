package io.ovation.testkit;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * How a node is started. Starting the same spec again is a restart: same port, same directory.
 *
 * @param name for logs and directory
 * @param dir working directory; the node's data lies in it
 * @param port HTTP
 * @param operatePort the operators' port
 * @param cluster null for a node alone
 * @param arguments of the command line, before {@code -cluster}
 * @param launcher words before the command, such as those that run it in a network namespace
 * @param env added to the environment, over all other {@code OVATION_*}
 */
public record NodeSpec(
    String name,
    Path dir,
    int port,
    int operatePort,
    @Nullable ClusterXml cluster,
    List<String> arguments,
    List<String> launcher,
    Map<String, String> env) {

  private static final Path ROOT = Path.of("target", "nodes");
  private static final AtomicInteger COUNT = new AtomicInteger();

  /** A node alone, with everything embedded. */
  public static NodeSpec named(String name) {
    String unique = ProcessHandle.current().pid() + "-" + COUNT.incrementAndGet() + "-" + name;
    Path dir = ROOT.resolve(unique).toAbsolutePath();
    return new NodeSpec(
        name, dir, Ports.free(), Ports.free(), null, List.of(), List.of(), Map.of());
  }

  /** Joins the cluster on start. */
  public NodeSpec in(ClusterXml joined) {
    return new NodeSpec(name, dir, port, operatePort, joined, arguments, launcher, env);
  }

  /** Started by these words before its command. */
  public NodeSpec launchedBy(List<String> words) {
    return new NodeSpec(name, dir, port, operatePort, cluster, arguments, words, env);
  }

  /** With this argument on its command line. */
  public NodeSpec argument(String word) {
    return role(word);
  }

  /** Only this role, by its verticle's class. */
  public NodeSpec role(String verticle) {
    List<String> more = new ArrayList<>(arguments);
    more.add(verticle);
    return new NodeSpec(name, dir, port, operatePort, cluster, more, launcher, env);
  }

  /** Another setting, such as {@code OVATION_DISPATCH_RATE}. */
  public NodeSpec env(String key, String value) {
    Map<String, String> more = new LinkedHashMap<>(env);
    more.put(key, value);
    return new NodeSpec(name, dir, port, operatePort, cluster, arguments, launcher, more);
  }
}
