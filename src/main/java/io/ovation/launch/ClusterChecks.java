package io.ovation.launch;

import com.hazelcast.config.JoinConfig;
import io.ovation.config.Config;
import io.ovation.config.ConfigException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;

/** Checks what a node with {@code -cluster} needs: shared back ends, and members to reach. */
final class ClusterChecks {
  private static final int CONNECT_MS = 2_000;
  private static final int DEFAULT_PORT = 5701;

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
    List<String> reached = members.stream().filter(ClusterChecks::answers).toList();
    return reached.isEmpty()
        ? Finding.ok(
            "cluster",
            "no member of cluster.xml answers (%s): this would be the first node; if others run,"
                    .formatted(String.join(", ", members))
                + " open their port 5701 and the event bus's port to this machine")
        : Finding.ok("cluster", "members that answer: " + String.join(", ", reached));
  }

  private static boolean answers(String member) {
    int colon = member.lastIndexOf(':');
    String host = colon < 0 ? member : member.substring(0, colon);
    try (Socket socket = new Socket()) {
      int port = colon < 0 ? DEFAULT_PORT : Integer.parseInt(member.substring(colon + 1));
      socket.connect(new InetSocketAddress(host, port), CONNECT_MS);
      return true;
    } catch (IOException | IllegalArgumentException e) {
      return false;
    }
  }
}
