package io.ovation.config;

import java.util.Map;
import java.util.Objects;

/** What each key may hold. A bound that is not obvious has its reason beside it. */
final class ValueRules {
  private static final ValueRule COUNT = ValueRule.integer(1, 10_000_000);
  private static final ValueRule WAIT = ValueRule.duration("1ms", "1h");
  private static final ValueRule NAME = ValueRule.text("\\S+", "a non-empty string without blanks");

  /** No user, query or fragment: the path of an object is put behind it. */
  private static final ValueRule ORIGIN =
      ValueRule.text(
          "|https?://[^\\s/@?#]+(/[^\\s@?#]*)?", "http://host[:port][/path], https://…, or empty");

  private static final Map<String, ValueRule> RULES =
      Map.ofEntries(
          Map.entry(
              "region",
              ValueRule.text(
                  "[A-Za-z0-9._-]{1,64}", "1 to 64 of the characters A-Z a-z 0-9 . _ -")),
          Map.entry("partitions", ValueRule.integer(1, 4096)),
          Map.entry("data.dir", ValueRule.text(".+", "the path of a folder")),
          Map.entry("data.in_flight", COUNT),
          Map.entry("log.format", ValueRule.oneOf("text", "json")),
          Map.entry("log.level", ValueRule.oneOf("error", "warn", "info", "debug", "trace")),
          Map.entry("http.host", NAME),
          Map.entry("http.port", ValueRule.integer(0, 65_535)),
          Map.entry("http.body_limit", ValueRule.size("1KiB", "16MiB", false)),
          Map.entry("http.header_timeout", ValueRule.duration("1s", "1m")),
          Map.entry("http.idle_timeout", ValueRule.duration("1s", "1d")),
          Map.entry(
              "rabbitmq.uri",
              ValueRule.text("|amqps?://\\S+", "amqp://user:password@host:port/vhost, or empty")),
          // Above 4 s a frozen dispatcher would not lose its partitions within the promised 10 s.
          Map.entry("rabbitmq.heartbeat", ValueRule.duration("1s", "4s")),
          Map.entry("rabbitmq.confirm_timeout", ValueRule.duration("100ms", "5m")),
          Map.entry("rabbitmq.in_flight", COUNT),
          Map.entry("rabbitmq.reconnect_initial", WAIT),
          Map.entry("rabbitmq.reconnect_max", WAIT),
          Map.entry("rabbitmq.reconnect_limit", ValueRule.duration("1s", "7d")),
          Map.entry(
              "redis.uri",
              ValueRule.text("|rediss?://\\S+", "redis://[:password@]host:port, or empty")),
          Map.entry("redis.timeout", ValueRule.duration("10ms", "1m")),
          Map.entry("redis.connections", ValueRule.integer(1, 1024)),
          Map.entry("redis.in_flight", COUNT),
          Map.entry("redis.reconnect_limit", ValueRule.duration("1s", "7d")),
          Map.entry("cluster.file", ValueRule.text(".+", "the path of a file")),
          Map.entry("ingress.in_flight", COUNT),
          Map.entry("reactions.kinds", ReactionKindsRule.RULE),
          Map.entry("reactions.in_flight", COUNT),
          Map.entry("reactions.window", ValueRule.duration("100ms", "2s")),
          Map.entry("reactions.ttl", ValueRule.duration("1m", "3650d")),
          Map.entry("dispatch.rate", ValueRule.integer(0, 10_000_000)),
          // AMQP carries the prefetch in 16 bits.
          Map.entry("dispatch.prefetch", ValueRule.integer(1, 65_535)),
          Map.entry("dispatch.batch", ValueRule.integer(1, 10_000)),
          Map.entry("dispatch.window", ValueRule.integer(1, 1024)),
          // A slow node may delay the others by 2 s at most; that is promised.
          Map.entry("dispatch.node_timeout", ValueRule.duration("100ms", "2s")),
          Map.entry("dispatch.store_patience", ValueRule.duration("1ms", "2s")),
          Map.entry("dispatch.store_away", ValueRule.duration("100ms", "1m")),
          Map.entry("supervise.linger", ValueRule.duration("0s", "1h")),
          Map.entry("supervise.ring", ValueRule.integer(1, 100_000)),
          Map.entry("supervise.open_timeout", ValueRule.duration("100ms", "5m")),
          Map.entry("supervise.viewers_interval", ValueRule.duration("100ms", "1m")),
          Map.entry("viewer.heartbeat", ValueRule.duration("1s", "1h")),
          Map.entry("viewer.buffer", ValueRule.size("64KiB", "1GiB", false)),
          Map.entry("viewer.message_limit", ValueRule.size("1KiB", "1MiB", true)),
          Map.entry("viewer.stuck", ValueRule.duration("1s", "1h")),
          Map.entry("viewer.pass", ValueRule.integer(1, 100_000)),
          Map.entry("viewer.one_stream", ValueRule.yesOrNo()),
          Map.entry("viewer.ttl_min", ValueRule.duration("0s", "7d")),
          Map.entry("viewer.ttl_max", ValueRule.duration("0s", "7d")),
          Map.entry("viewer.connect_rate", ValueRule.integer(0, 1_000_000)),
          Map.entry("viewer.connect_burst", ValueRule.integer(1, 1_000_000)),
          Map.entry("viewer.connections", ValueRule.integer(0, 10_000_000)),
          Map.entry("drain.period", ValueRule.duration("0s", "1h")),
          Map.entry("history.events", ValueRule.integer(0, 1_000_000)),
          // The newest event always fits: a text of 500 code points is at most 6 KiB as JSON.
          Map.entry("history.bytes", ValueRule.size("64KiB", "1GiB", false)),
          Map.entry("history.ttl", ValueRule.duration("1s", "30d")),
          Map.entry("liveness.origin", ORIGIN),
          Map.entry("liveness.concurrency", ValueRule.integer(1, 10_000)),
          // The queue takes a check that lasts a minute for one that hangs.
          Map.entry("liveness.timeout", ValueRule.duration("10ms", "20s")),
          Map.entry("liveness.ttl", ValueRule.duration("1s", "12h")),
          Map.entry("liveness.in_flight", ValueRule.integer(1_000, 10_000_000)),
          Map.entry(
              "liveness.stream_prefix",
              ValueRule.text("[A-Za-z0-9._:-]{0,100}", "0 to 100 of A-Z a-z 0-9 . _ : -")),
          Map.entry("liveness.breaker_failures", ValueRule.integer(1, 100_000)),
          Map.entry("liveness.breaker_initial", ValueRule.duration("10ms", "1h")),
          Map.entry("liveness.breaker_max", ValueRule.duration("10ms", "1h")),
          Map.entry("liveness.only_live_comments", ValueRule.yesOrNo()),
          Map.entry("packages.ttl", ValueRule.duration("1m", "30d")),
          Map.entry("packages.in_flight", COUNT),
          Map.entry("packages.concurrency", ValueRule.integer(1, 10_000)),
          Map.entry("packages.type_concurrency", ValueRule.integer(1, 10_000)),
          Map.entry("packages.prefetch", ValueRule.integer(1, 1_000)),
          Map.entry("packages.lease", ValueRule.duration("1s", "1h")),
          // RabbitMQ closes a channel whose items are unacked for 30 minutes.
          Map.entry("packages.timeout", ValueRule.duration("10ms", "10m")),
          Map.entry("packages.attempts", ValueRule.integer(1, 1_000)),
          Map.entry("packages.backoff_initial", ValueRule.duration("1ms", "1h")),
          Map.entry("packages.backoff_max", ValueRule.duration("1ms", "1d")),
          Map.entry("packages.webhooks", WebhookUrls.RULE),
          Map.entry("packages.webhook_secret", WebhookUrls.SECRET));

  private ValueRules() {}

  /** Every key has one; a test says so. */
  static ValueRule of(String path) {
    return Objects.requireNonNull(RULES.get(path), path);
  }

  static boolean has(String path) {
    return RULES.containsKey(path);
  }
}
