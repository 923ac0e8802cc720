package io.ovation.config;

/** What two keys must agree on. */
final class Coherence {
  private Coherence() {}

  static void check(Config config) {
    require(
        config.http().idleTimeout().compareTo(config.viewer().heartbeat().multipliedBy(2)) > 0,
        "http.idle_timeout must be longer than two of viewer.heartbeat, or idle viewers lose their"
            + " connection; raise the first or lower the second");
    require(
        config.rabbitmq().reconnectMax().compareTo(config.rabbitmq().reconnectInitial()) >= 0,
        "rabbitmq.reconnect_max must not be shorter than rabbitmq.reconnect_initial");
    require(
        config.dispatch().batch() <= config.dispatch().prefetch(),
        "dispatch.batch must not exceed dispatch.prefetch: a batch larger than what the broker hands"
            + " out never fills");
  }

  private static void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new ConfigException(otherwise);
    }
  }
}
