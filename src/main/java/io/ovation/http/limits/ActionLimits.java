package io.ovation.http.limits;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Meter.MeterProvider;
import io.ovation.config.Config;
import io.ovation.http.body.InputRules;
import io.ovation.http.problem.Problem;
import io.ovation.metrics.Metrics;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** How often a user, and a client's address, may act on this node. Any thread. */
public final class ActionLimits {
  /** What is limited; also a metric's label. */
  public enum Action {
    COMMENT,
    REACTION,
    WATCH,

    /** Also a viewer's deletion of a comment of its own. */
    REPORT
  }

  private record Rates(KeyedRateLimiter user, KeyedRateLimiter address) {}

  private final Map<Action, Rates> rates = new EnumMap<>(Action.class);
  private final MeterProvider<Counter> refused;

  public ActionLimits(Config.Limits config, LongSupplier nanos, Metrics metrics) {
    add(Action.COMMENT, config.commentsPerUser(), config.commentsPerAddress(), nanos);
    add(Action.REACTION, config.reactionsPerUser(), config.reactionsPerAddress(), nanos);
    add(Action.WATCH, config.watchesPerUser(), config.watchesPerAddress(), nanos);
    add(Action.REPORT, config.reportsPerUser(), config.reportsPerAddress(), nanos);
    this.refused = refused(metrics);
  }

  static MeterProvider<Counter> refused(Metrics metrics) {
    return metrics.counters(
        "ovation.limits.refused", "Actions refused by a limit per user or address");
  }

  private void add(Action action, int perUser, int perAddress, LongSupplier nanos) {
    rates.put(
        action,
        new Rates(new KeyedRateLimiter(perUser, nanos), new KeyedRateLimiter(perAddress, nanos)));
  }

  /**
   * Counts an action.
   *
   * @param user who acts; not counted if it is not a valid name, which is refused elsewhere
   * @param address empty if it is not known
   * @return why it is refused; null if it is not
   */
  public @Nullable Problem refusal(Action action, @Nullable Object user, String address) {
    Rates of = rates.get(action);
    if (of == null) {
      return null;
    }
    long wait = of.address.used() && !address.isEmpty() ? of.address.take(address) : 0;
    if (wait > 0) {
      return refuse(action, "address", wait);
    }
    // Only valid names, in their one form: others would be keys of any length, or a second limit.
    wait =
        of.user.used() && user instanceof String name && InputRules.userFault(name) == null
            ? of.user.take(InputRules.nfc(name))
            : 0;
    return wait > 0 ? refuse(action, "user", wait) : null;
  }

  /** Whether a limit needs the client's address. */
  public boolean usesAddresses() {
    return rates.values().stream().anyMatch(of -> of.address.used());
  }

  private Problem refuse(Action action, String per, long waitNanos) {
    String what = action.name().toLowerCase(Locale.ROOT);
    refused.withTags("action", what, "per", per).increment();
    long ms = TimeUnit.NANOSECONDS.toMillis(waitNanos);
    int seconds = (int) Math.min(3_600, Math.max(1, (ms + 999) / 1_000));
    String plural = action == Action.WATCH ? "watches" : what + "s";
    String detail = "too many %s from this %s; nothing was taken: retry in %d s";
    return new Problem(429, "rate", null, detail.formatted(plural, per, seconds), seconds);
  }
}
