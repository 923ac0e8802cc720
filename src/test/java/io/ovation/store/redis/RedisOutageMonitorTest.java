package io.ovation.store.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.config.Config;
import io.ovation.config.ConfigException;
import io.ovation.metrics.Metrics;
import io.ovation.store.StoreUnavailable;
import io.ovation.testkit.VirtualVertx;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RedisOutageMonitorTest {
  private static final Duration LIMIT = Duration.ofSeconds(5);
  private final VirtualVertx time = new VirtualVertx();
  private final List<Throwable> refusals = new ArrayList<>();
  private final List<Throwable> limits = new ArrayList<>();

  @ParameterizedTest
  @ValueSource(
      strings = {
        "WRONGPASS invalid username-password pair or user is disabled.",
        "NOAUTH Authentication required."
      })
  void aRefusedPasswordIsAWrongConfigurationAtOnce(String answer) {
    monitor(answer).start();
    assertThat(refusals)
        .singleElement()
        .isInstanceOf(ConfigException.class)
        .extracting(Throwable::getMessage)
        .isEqualTo(
            "Redis at there can't be used: " + answer + " Check user and password in redis.uri.");
    assertThat(limits).isEmpty();
  }

  @Test
  void aRedisThatIsAwayIsWaitedForAndNamedInOneSentence() {
    monitor("Connection refused.").start();
    time.pass(LIMIT.toMillis() - 1);
    assertThat(limits).isEmpty();
    time.pass(1);
    assertThat(limits)
        .singleElement()
        .isInstanceOf(StoreUnavailable.class)
        .extracting(Throwable::getMessage)
        .asString()
        .contains("last error: Connection refused. Check redis.uri");
    assertThat(refusals).isEmpty();
  }

  private RedisOutageMonitor monitor(String answer) {
    return new RedisOutageMonitor(
        time.vertx(),
        new Config.Redis("redis://there", LIMIT, 4, 1_000, LIMIT),
        new Metrics(),
        () -> "there",
        () -> Future.failedFuture(answer),
        () -> {},
        limits::add,
        refusals::add);
  }
}
