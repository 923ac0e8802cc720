package io.ovation.testkit;

import io.ovation.config.Config;
import java.time.Duration;

/** Settings of liveness for tests: the defaults, but quick to give up and to come back. */
public final class LivenessSettings {
  private final String origin;
  private int concurrency = 100;
  private Duration timeout = Duration.ofSeconds(5);
  private Duration ttl = Duration.ofSeconds(30);
  private int inFlight = 10_000;
  private int breakerFailures = 20;

  private LivenessSettings(String origin) {
    this.origin = origin;
  }

  public static LivenessSettings of(String origin) {
    return new LivenessSettings(origin);
  }

  public LivenessSettings concurrency(int checks) {
    concurrency = checks;
    return this;
  }

  public LivenessSettings timeout(Duration of) {
    timeout = of;
    return this;
  }

  public LivenessSettings ttl(Duration of) {
    ttl = of;
    return this;
  }

  public LivenessSettings inFlight(int ids) {
    inFlight = ids;
    return this;
  }

  public LivenessSettings breakerFailures(int inARow) {
    breakerFailures = inARow;
    return this;
  }

  public Config.Liveness build() {
    return new Config.Liveness(
        origin,
        concurrency,
        timeout,
        ttl,
        inFlight,
        "",
        breakerFailures,
        Duration.ofMillis(100),
        Duration.ofSeconds(1),
        false);
  }
}
