package io.ovation.store.redis;

import io.ovation.config.Config;
import io.ovation.metrics.Metrics;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Response;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Checks a Redis before a node uses it: that it answers and takes writes, its settings, and this
 * machine's clock against its own.
 */
public final class RedisCheck {
  private static final Duration LIMIT = Duration.ofSeconds(5);

  /** Above this, {@code at} of comments misleads people; nothing else depends on it. */
  private static final long SKEW_MS = 2_000;

  private static final String KEY = "ov:check";

  private RedisCheck() {}

  /**
   * @param notes what is in order
   * @param problems what is not, each with what to do
   */
  public record Result(List<String> notes, List<String> problems) {}

  /** Completes within some seconds; never fails. */
  public static Future<Result> run(Vertx vertx, Config.Redis config) {
    return run(vertx, config, InstantSource.system());
  }

  static Future<Result> run(Vertx vertx, Config.Redis config, InstantSource wall) {
    Result result = new Result(new ArrayList<>(), new ArrayList<>());
    Config.Redis brief =
        new Config.Redis(config.uri(), config.timeout(), 1, config.inFlight(), LIMIT);
    String where = RedisAddress.of(config.uri()).text();
    RedisExecutor redis =
        new RedisExecutor(
            vertx, brief, new Metrics(), e -> result.problems.add(String.valueOf(e.getMessage())));
    return redis
        .start()
        .onSuccess(v -> result.notes.add(where + " answers"))
        .compose(v -> RedisConfigCheck.problems(redis))
        .onSuccess(result.problems::addAll)
        .compose(v -> redis.call(Command.SET, KEY, "1", "PX", "1000"))
        .onSuccess(v -> result.notes.add("takes writes"))
        .compose(v -> redis.call(Command.TIME))
        .onSuccess(time -> clock(time, wall.millis(), result))
        .timeout(2 * LIMIT.toMillis(), TimeUnit.MILLISECONDS)
        .map(result)
        .otherwise(
            e -> {
              result.problems.add(
                  "%s can't be used (%s): start it, and check redis.uri, its password and the rights of its user"
                      .formatted(where, e.getMessage()));
              return result;
            })
        .onComplete(done -> redis.close());
  }

  private static void clock(Response time, long wallMs, Result result) {
    long storeMs = time.get(0).toLong() * 1_000 + time.get(1).toLong() / 1_000;
    long skew = wallMs - storeMs;
    String text = "this machine's clock is %d ms %s of Redis'";
    String found = text.formatted(Math.abs(skew), skew >= 0 ? "ahead" : "behind");
    if (Math.abs(skew) > SKEW_MS) {
      result.problems.add(found + ": synchronise both machines (chrony, systemd-timesyncd)");
    } else {
      result.notes.add(found);
    }
  }
}
