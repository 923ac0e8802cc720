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

/** What the worker does with packages; the bottleneck can be read from it. */
public final class PackageWorkerMetrics {

  /** Why an item was put back into the queue for later. */
  enum Why {
    /** Another worker holds the package's lease. */
    LEASE,
    /** The pause after a failure. */
    RETRY,
    /** No handler for its type. */
    HANDLER,
    /** All places of its type are taken here. */
    BUSY,
    /** Other workers kept changing the package's state. */
    CONTENDED
  }

  final Counter claimed;
  final Counter done;
  final Counter failed;
  final Counter dead;
  final Counter settled;
  final Counter leaseLost;
  final Counter leaseLate;

  /** Attempts in progress, from claim to outcome. */
  final AtomicInteger running = new AtomicInteger();

  private final Map<Lane, Timer> waits = new EnumMap<>(Lane.class);
  private final Map<Why, Counter> later;
  private final Metrics metrics;

  public PackageWorkerMetrics(Metrics metrics) {
    this.metrics = metrics;
    claimed = metrics.counter("ovation.packages.claimed", "attempts begun");
    done = metrics.counter("ovation.packages.done", "packages done");
    failed = metrics.counter("ovation.packages.failed", "attempts that will be repeated");
    dead = metrics.counter("ovation.packages.dead", "packages that became dead");
    settled =
        metrics.counter("ovation.packages.settled", "items of packages that were done or dead");
    leaseLost =
        metrics.counter(
            "ovation.packages.lease.lost", "outcomes dropped because another worker took over");
    leaseLate =
        metrics.counter("ovation.packages.lease.late", "renewals that the store did not answer");
    later =
        metrics.counters("ovation.packages.later", "items put back for later", "reason", Why.class);
    for (Lane lane : Lane.values()) {
      waits.put(
          lane,
          metrics.timer(
              "ovation.packages.wait",
              "from a package's submission to its first attempt",
              "lane",
              lane.text()));
    }
    metrics.gauge("ovation.packages.running", "attempts in progress", running, AtomicInteger::get);
  }

  void waited(Lane lane, long ms) {
    Objects.requireNonNull(waits.get(lane)).record(Math.max(0, ms), TimeUnit.MILLISECONDS);
  }

  void later(Why why) {
    Objects.requireNonNull(later.get(why)).increment();
  }

  /** A timer for each type that has a handler; the operator chooses how many there are. */
  public Timer handling(String type) {
    return metrics.timer("ovation.packages.handle", "time of a type's handler", "type", type);
  }
}
