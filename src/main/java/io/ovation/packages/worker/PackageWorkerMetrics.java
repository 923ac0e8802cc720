package io.ovation.packages.worker;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Timer;
import io.ovation.metrics.Metrics;
import io.ovation.queue.Lane;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** What the worker does with packages, from which the bottleneck can be read. */
public final class PackageWorkerMetrics {

  /** Why an item was put back to come again later. */
  enum Why {
    /** Another worker's lease is alive. */
    LEASE,
    /** The pause after a failure. */
    RETRY,
    /** Nobody handles its type. */
    HANDLER,
    /** Its type has enough to do here. */
    BUSY,
    /** Others changed it again and again meanwhile. */
    CONTENDED
  }

  final Counter claimed;
  final Counter done;
  final Counter failed;
  final Counter dead;
  final Counter settled;
  final Counter leaseLost;
  final Counter leaseLate;

  /** Attempts under way, from claim to outcome. */
  final AtomicInteger running = new AtomicInteger();

  private final Map<Lane, Timer> waits = new EnumMap<>(Lane.class);
  private final Map<Why, Counter> later = new EnumMap<>(Why.class);
  private final Metrics metrics;

  public PackageWorkerMetrics(Metrics metrics) {
    this.metrics = metrics;
    claimed = metrics.counter("ovation.packages.claimed", "attempts begun");
    done = metrics.counter("ovation.packages.done", "packages done");
    failed = metrics.counter("ovation.packages.failed", "attempts that will be made again");
    dead = metrics.counter("ovation.packages.dead", "packages given up");
    settled =
        metrics.counter("ovation.packages.settled", "items of packages that were done or dead");
    leaseLost =
        metrics.counter("ovation.packages.lease.lost", "outcomes dropped: another took over");
    leaseLate = metrics.counter("ovation.packages.lease.late", "renewals the store did not answer");
    for (Lane lane : Lane.values()) {
      waits.put(
          lane,
          metrics.timer(
              "ovation.packages.wait",
              "from a package's submission to its first attempt",
              "lane",
              lane.text()));
    }
    for (Why why : Why.values()) {
      String reason = why.name().toLowerCase(java.util.Locale.ROOT);
      later.put(
          why,
          metrics.counter("ovation.packages.later", "items put back for later", "reason", reason));
    }
    metrics.gauge("ovation.packages.running", "attempts under way", running, AtomicInteger::get);
  }

  void waited(Lane lane, long ms) {
    Objects.requireNonNull(waits.get(lane)).record(Math.max(0, ms), TimeUnit.MILLISECONDS);
  }

  void later(Why why) {
    Objects.requireNonNull(later.get(why)).increment();
  }

  /** One for each type that has a handler: their number is the operator's choice. */
  public Timer handling(String type) {
    return metrics.timer("ovation.packages.handle", "time of a type's handler", "type", type);
  }
}
