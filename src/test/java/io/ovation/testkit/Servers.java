package io.ovation.testkit;

import org.jspecify.annotations.Nullable;

/**
 * The RabbitMQ and the Redis of this test run, started at first use and ended with the JVM. Tests
 * share them: each uses streams of its own, and one that kills a server starts it again.
 */
public final class Servers {
  private static @Nullable RabbitServer rabbit;
  private static @Nullable RedisServer redis;

  private Servers() {}

  public static synchronized RabbitServer rabbit() {
    if (rabbit == null) {
      rabbit = new RabbitServer();
    }
    return rabbit;
  }

  public static synchronized RedisServer redis() {
    if (redis == null) {
      redis = new RedisServer();
    }
    return redis;
  }
}
