package io.ovation.config;

/** What two keys must agree on. */
final class CrossKeyChecks {
  private CrossKeyChecks() {}

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
    require(
        config.viewer().ttlMax().compareTo(config.viewer().ttlMin()) >= 0
            && config.viewer().ttlMin().isZero() == config.viewer().ttlMax().isZero(),
        "viewer.ttl_max must not be shorter than viewer.ttl_min, and 0s only together with it");
    require(
        config.liveness().breakerMax().compareTo(config.liveness().breakerInitial()) >= 0,
        "liveness.breaker_max must not be shorter than liveness.breaker_initial");
    packages(config.packages());
  }

  private static void packages(Config.Packages packages) {
    require(
        packages.backoffMax().compareTo(packages.backoffInitial()) >= 0,
        "packages.backoff_max must not be shorter than packages.backoff_initial");
    require(
        packages.ttl().compareTo(packages.lease().multipliedBy(2)) > 0
            && packages.ttl().compareTo(packages.backoffMax().multipliedBy(2)) > 0,
        "packages.ttl must be longer than two of packages.lease and of packages.backoff_max, or a"
            + " package's status is gone before its next attempt");
    int held = Math.min(packages.typeConcurrency(), packages.concurrency()) + packages.typeRoom();
    require(
        packages.prefetch() > held,
        "packages.prefetch must be above "
            + held
            + ": so many packages of one slow type may be held, and others behind them in a partition"
            + " would wait for it. Raise it on every node, or lower packages.type_concurrency");
    require(
        packages.webhooks().isEmpty() || !packages.webhookSecret().isEmpty(),
        "packages.webhooks need packages.webhook_secret: receivers must be able to tell our requests"
            + " from anybody's. Set it to 16 characters or more, as from `openssl rand -hex 24`");
  }

  private static void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new ConfigException(otherwise);
    }
  }
}
