package io.ovation.packages;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Timer;
import io.ovation.metrics.Metrics;
import io.ovation.queue.Lane;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** What the worker does with packages; the bottleneck can be read from it. */
final class PackageWorkerMetrics {

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
    CONTENDED,
    /** The worker stops. */
    STOPPING
  }

  final Counter claimed;
  final Counter done;
  final Counter failed;
  final Counter dead;
  final Counter settled;
  final Counter leaseLost;
  final Counter leaseLate;
  final Counter restored;

  /** Attempts in progress, from claim to outcome. */
  final AtomicInteger running = new AtomicInteger();

  private final Map<Why, Counter> later;
  private final Metrics metrics;

  PackageWorkerMetrics(Metrics metrics) {
    this.metrics = metrics;
    claimed = counter("claimed", "attempts begun");
    done = counter("done", "packages done");
    failed = counter("failed", "attempts that will be repeated");
    dead = counter("dead", "packages that became dead");
    settled = counter("settled", "items of packages that were done or dead");
    leaseLost = counter("lease.lost", "outcomes dropped because another worker took over");
    leaseLate = counter("lease.late", "renewals that the store did not answer");
    restored = counter("restored", "outcomes written again because the store had lost them");
    later =
        metrics.counters("ovation.packages.later", "items put back for later", "reason", Why.class);
    for (Lane lane : Lane.values()) {
      wait(lane);
    }
    metrics.gauge("ovation.packages.running", "attempts in progress", running, AtomicInteger::get);
  }

  private Counter counter(String name, String help) {
    return metrics.counter("ovation.packages." + name, help);
  }

  private Timer wait(Lane lane) {
    String help = "from a package's submission to its first attempt";
    return metrics.timer("ovation.packages.wait", help, "lane", lane.text());
  }

  void waited(Lane lane, long ms) {
    wait(lane).record(Math.max(0, ms), TimeUnit.MILLISECONDS);
  }

  void later(Why why) {
    Objects.requireNonNull(later.get(why)).increment();
  }

  /** A timer for each type that has a handler; the operator chooses how many there are. */
  Timer handling(String type) {
    return metrics.timer("ovation.packages.handle", "time of a type's handler", "type", type);
  }
}
