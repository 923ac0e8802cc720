package io.ovation.launch;

import com.hazelcast.config.JoinConfig;
import io.ovation.config.Config;
import io.ovation.config.ConfigException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Checks what a node with {@code -cluster} needs: shared back ends, and members to reach. */
final class ClusterChecks {
  private static final int CONNECT_MS = 2_000;
  private static final int DEFAULT_PORT = 5701;

  /** What became of a connection to a member. */
  enum Reached {
    ANSWERS,
    REFUSES,
    SILENT
  }

  private ClusterChecks() {}

  static List<Finding> run(Config config) {
    List<Finding> findings = new ArrayList<>();
    if (config.rabbitmq().uri().isEmpty() || config.redis().uri().isEmpty()) {
      findings.add(
          Finding.wrong(
              "cluster",
              "a second node will be refused: set rabbitmq.uri (OVATION_RABBITMQ_URI) and redis.uri"
                  + " (OVATION_REDIS_URI)"));
    }
    try {
      JoinConfig join =
          HazelcastConfigFile.load(config.cluster().file()).getAdvancedNetworkConfig().getJoin();
      findings.add(
          join.getTcpIpConfig().isEnabled()
              ? members(join.getTcpIpConfig().getMembers())
              : Finding.ok("cluster", "members are found by discovery, which is not checked here"));
    } catch (ConfigException e) {
      findings.add(Finding.wrong("cluster", e.getMessage()));
    }
    return findings;
  }

  private static Finding members(List<String> members) {
    Map<String, Reached> found = new LinkedHashMap<>();
    members.forEach(member -> found.put(member, reach(member)));
    return members(found);
  }

  /** One that refuses may not have been started yet; one that is silent is cut off or gone. */
  static Finding members(Map<String, Reached> members) {
    String answering = those(members, Reached.ANSWERS);
    String silent = those(members, Reached.SILENT);
    if (!answering.isEmpty() && !silent.isEmpty()) {
      return Finding.wrong(
          "cluster",
          "members of cluster.xml that can't be reached: %s (%s can): open their port 5701 and the event bus's port to this machine, or list them no longer"
              .formatted(silent, answering));
    }
    return answering.isEmpty()
        ? Finding.ok(
            "cluster",
            "no member of cluster.xml answers (%s): this would be the first node; if others run,"
                    .formatted(String.join(", ", members.keySet()))
                + " open their port 5701 and the event bus's port to this machine")
        : Finding.ok("cluster", "members that answer: " + answering);
  }

  private static String those(Map<String, Reached> members, Reached how) {
    return members.keySet().stream()
        .filter(member -> members.get(member) == how)
        .collect(Collectors.joining(", "));
  }

  static Reached reach(String member) {
    int colon = member.lastIndexOf(':');
    String host = colon < 0 ? member : member.substring(0, colon);
    try (Socket socket = new Socket()) {
      int port = colon < 0 ? DEFAULT_PORT : Integer.parseInt(member.substring(colon + 1));
      socket.connect(new InetSocketAddress(host, port), CONNECT_MS);
      return Reached.ANSWERS;
    } catch (ConnectException e) {
      return Reached.REFUSES;
    } catch (IOException | IllegalArgumentException e) {
      return Reached.SILENT;
    }
  }
}
