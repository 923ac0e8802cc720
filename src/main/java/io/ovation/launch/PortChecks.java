package io.ovation.launch;

import io.ovation.config.Config;
import io.ovation.config.ConfigException;
import io.ovation.http.PortProbe;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;
import java.util.Optional;

/** Checks that the viewers' and the operators' port can be listened on, or that a node has them. */
final class PortChecks {
  private static final int PATIENCE_MS = 1_000;

  private PortChecks() {}

  static List<Finding> run(Config config) {
    Config.Http http = config.http();
    Config.Operate operate = config.operate();
    return List.of(
        finding("http.port", http.host(), http.port(), PortProbe.viewers(http)),
        finding("operate.port", operate.host(), operate.port(), PortProbe.operators(operate)));
  }

  private static Finding finding(
      String key, String host, int port, Optional<ConfigException> refusal) {
    String where = host + ":" + port;
    if (refusal.isEmpty()) {
      return Finding.ok(key, where);
    }
    return nodeAnswers(host.equals("0.0.0.0") ? "127.0.0.1" : host, port)
        ? Finding.ok(key, where + ", where a node listens now")
        : Finding.wrong(key, refusal.get().getMessage());
  }

  /** Without TLS only: with it, a node that runs looks like anybody else. */
  private static boolean nodeAnswers(String host, int port) {
    try {
      URI health = new URI("http", null, host, port, "/health/live", null, null);
      HttpURLConnection connection = (HttpURLConnection) health.toURL().openConnection();
      connection.setConnectTimeout(PATIENCE_MS);
      connection.setReadTimeout(PATIENCE_MS);
      try {
        return connection.getResponseCode() == 200;
      } finally {
        connection.disconnect();
      }
    } catch (IOException | URISyntaxException e) {
      return false;
    }
  }
}
