package io.ovation.node;

import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.ovation.cluster.Cluster;
import io.ovation.cluster.Role;
import io.ovation.log.Logging;
import io.ovation.metrics.Metrics;
import io.ovation.vertx.Contexts;
import io.ovation.vertx.DirectMemory;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/** The meters of the process as a whole: JVM, files, direct memory, event loops, members. */
public final class ProcessMetrics {
  private static final long LAG_EVERY_MS = 250;

  private ProcessMetrics() {}

  /** Registers all but the members, and begins to measure the event loops. */
  public static void register(Vertx vertx, Metrics metrics) {
    new JvmMemoryMetrics().bindTo(metrics.registry());
    // It listens for collections until the process ends.
    @SuppressWarnings("resource")
    JvmGcMetrics collections = new JvmGcMetrics();
    collections.bindTo(metrics.registry());
    new JvmThreadMetrics().bindTo(metrics.registry());
    new ProcessorMetrics().bindTo(metrics.registry());
    new FileDescriptorMetrics().bindTo(metrics.registry());
    new UptimeMetrics().bindTo(metrics.registry());
    String help = "Repeated log lines that were left out; one line tells their number";
    metrics.counter("ovation.log.left.out", help, metrics, m -> Logging.leftOut());
    help = "Direct memory that Netty holds";
    metrics.gauge("ovation.direct.memory.bytes", help, metrics, m -> DirectMemory.used());
    help = "Direct memory at which allocations fail";
    metrics.gauge("ovation.direct.memory.max.bytes", help, metrics, m -> DirectMemory.max());
    help = "How late a task ran on an event loop: what every connection there waits";
    Timer lag = metrics.timer("ovation.loop.lag", help);
    for (int loop = 0; loop < Contexts.eventLoops(vertx); loop++) {
      Context context = Contexts.newEventLoop(vertx);
      context.runOnContext(started -> measure(vertx, lag));
    }
  }

  private static void measure(Vertx vertx, Timer lag) {
    long[] due = {System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(LAG_EVERY_MS)};
    vertx.setPeriodic(
        LAG_EVERY_MS,
        timer -> {
          long now = System.nanoTime();
          lag.record(Math.max(0, now - due[0]), TimeUnit.NANOSECONDS);
          due[0] = now + TimeUnit.MILLISECONDS.toNanos(LAG_EVERY_MS);
        });
  }

  /** Registers the sizes of the cluster and of each role, as this node sees them. */
  public static void register(Cluster cluster, Metrics metrics) {
    String help = "Live members of the cluster, as this node sees them";
    metrics.gauge("ovation.cluster.members", help, cluster, it -> it.members().size());
    help = "Times this node came back to the cluster after a split";
    cluster.onMerge(metrics.counter("ovation.cluster.merges", help)::increment);
    for (Role role : Role.values()) {
      metrics.gauge(
          "ovation.cluster.role.nodes",
          "Members that have the role, as this node sees them",
          cluster,
          it -> it.nodes(role).size(),
          "role",
          role.name().toLowerCase(Locale.ROOT));
    }
  }
}
