package io.ovation.launch;

import io.ovation.config.Config;
import io.ovation.config.ConfigException;
import io.ovation.http.PortProbe;
import java.util.List;
import java.util.Optional;

/** Checks that the viewers' and the operators' port can be listened on. */
final class PortChecks {
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
    return refusal
        .map(it -> Finding.wrong(key, it.getMessage() + " A running node has its own ports."))
        .orElseGet(() -> Finding.ok(key, host + ":" + port));
  }
}
