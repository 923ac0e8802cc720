package io.ovation.config;

import java.time.Duration;

/** What two keys must agree on. */
final class CrossKeyChecks {
  private CrossKeyChecks() {}

  static void check(Config config) {
    require(
        exceedsTwo(config.http().idleTimeout(), config.viewer().heartbeat()),
        "http.idle_timeout must be longer than two of viewer.heartbeat, or idle viewers lose their"
            + " connection; raise the first or lower the second");
    require(
        config.http().bodiesLimit() >= config.http().bodyLimit(),
        "http.bodies_limit must not be below http.body_limit, or the largest body is never taken");
    requireOrder(
        "rabbitmq.reconnect",
        config.rabbitmq().reconnectInitial(),
        config.rabbitmq().reconnectMax());
    requireOrder(
        "liveness.breaker", config.liveness().breakerInitial(), config.liveness().breakerMax());
    require(
        config.dispatch().batch() <= config.dispatch().prefetch(),
        "dispatch.batch must not exceed dispatch.prefetch: a batch larger than what the broker hands"
            + " out never fills");
    require(
        config.viewer().ttlMax().compareTo(config.viewer().ttlMin()) >= 0
            && config.viewer().ttlMin().isZero() == config.viewer().ttlMax().isZero(),
        "viewer.ttl_max must not be shorter than viewer.ttl_min, and 0s only together with it");
    require(
        config.http().tls().certificate().isEmpty() == config.http().tls().key().isEmpty(),
        "http.tls.certificate and http.tls.key belong together: set both, or neither");
    require(
        !config.auth().required() || config.auth().hasKeys(),
        "auth.required needs keys, or nobody can get in: set auth.secret (32 characters or more, as"
            + " from `openssl rand -hex 32`) or auth.jwks (a file or a URL)");
    require(
        !config.operate().token().isEmpty() || loopback(config.operate().host()),
        "operate.host is not a loopback address, so operate.token must be set: whoever reaches that"
            + " port can read and delete dead letters. Set it to 16 characters or more, as from"
            + " `openssl rand -hex 24`, or leave operate.host at 127.0.0.1");
    require(
        !config.hooks().used() || !config.hooks().secret().isEmpty(),
        "hooks.watch and hooks.comment need hooks.secret: your back end must be able to tell our"
            + " requests from anybody's. Set it to 16 characters or more, as from"
            + " `openssl rand -hex 24`");
    require(
        config.publish().exchange().isEmpty() || !config.rabbitmq().uri().isEmpty(),
        "publish.exchange needs RabbitMQ, since it is an exchange there: set rabbitmq.uri");
    packages(config.packages());
    RegionChecks.check(config);
  }

  private static boolean loopback(String host) {
    return host.equals("localhost") || host.equals("::1") || host.matches("127(\\.\\d+){3}");
  }

  private static void packages(Config.Packages packages) {
    requireOrder("packages.backoff", packages.backoffInitial(), packages.backoffMax());
    require(
        exceedsTwo(packages.ttl(), packages.lease())
            && exceedsTwo(packages.ttl(), packages.backoffMax()),
        "packages.ttl must be longer than two of packages.lease and of packages.backoff_max, or a"
            + " package's status is gone before its next attempt");
    require(
        packages.ttl().compareTo(packages.unhandledAfter()) > 0,
        "packages.ttl must be longer than packages.unhandled_after, or a package without a handler"
            + " is forgotten before it is given up");
    int held = packages.typeLimit() + packages.typeRoom();
    require(
        packages.prefetch() > held,
        "packages.prefetch must be above "
            + held
            + ": a slow type may hold as many packages, and others behind them in a partition"
            + " would wait for it. Raise it on every node, or lower packages.type_concurrency");
    require(
        packages.webhooks().isEmpty() || !packages.webhookSecret().isEmpty(),
        "packages.webhooks need packages.webhook_secret: receivers must be able to tell our requests"
            + " from anybody's. Set it to 16 characters or more, as from `openssl rand -hex 24`");
  }

  private static boolean exceedsTwo(Duration longer, Duration shorter) {
    return longer.compareTo(shorter.multipliedBy(2)) > 0;
  }

  private static void requireOrder(String keys, Duration initial, Duration max) {
    require(
        max.compareTo(initial) >= 0, keys + "_max must not be shorter than " + keys + "_initial");
  }

  private static void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new ConfigException(otherwise);
    }
  }
}
