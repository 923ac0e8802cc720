package io.ovation.operate;

import io.ovation.metrics.BuildInfo;
import io.ovation.metrics.Metrics;
import io.ovation.wire.Addresses;
import io.ovation.wire.proto.Answer;
import io.ovation.wire.proto.Drain;
import io.ovation.wire.proto.NodeReport;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.Message;
import io.vertx.core.eventbus.MessageConsumer;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryUsage;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;

/** Answers other nodes' questions on behalf of their operators: what this node does, and drains. */
public final class NodeReporter {
  /** The values of a report, and the metrics they are sums of. */
  private static final Map<String, String> VALUES =
      Map.of(
          "viewers", "ovation.deliver.connections",
          "accepted", "ovation.ingress.accepted",
          "reactions", "ovation.ingress.reactions.accepted",
          "delivered", "ovation.deliver.messages",
          "bytes", "ovation.deliver.bytes",
          "refused", "ovation.refused",
          "slow", "ovation.deliver.skipped",
          "partitions", "ovation.dispatch.partitions.owned");

  private final Vertx vertx;
  private final String self;
  private final Metrics metrics;
  private final BuildInfo build;
  private final IntSupplier port;
  private final BooleanSupplier drain;
  private final BooleanSupplier draining;

  /**
   * @param port of the HTTP server; with the host it tells nodes of one machine apart
   * @param drain begins to drain this node; returns false if no other node serves viewers
   */
  public NodeReporter(
      Vertx vertx,
      String self,
      Metrics metrics,
      BuildInfo build,
      IntSupplier port,
      BooleanSupplier drain,
      BooleanSupplier draining) {
    this.vertx = vertx;
    this.self = self;
    this.metrics = metrics;
    this.build = build;
    this.port = port;
    this.drain = drain;
    this.draining = draining;
  }

  /** Not before the codecs of the messages are registered. */
  public Future<Void> listen() {
    String host = host();
    MessageConsumer<Object> consumer =
        vertx.eventBus().consumer(Addresses.node(self), message -> answer(message, host));
    return consumer.completion();
  }

  private void answer(Message<Object> message, String host) {
    if (message.body() instanceof Drain) {
      message.reply(Answer.newBuilder().setAccepted(drain.getAsBoolean()).build());
    } else {
      message.reply(report(host));
    }
  }

  private NodeReport report(String host) {
    MemoryUsage heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage();
    NodeReport.Builder report =
        NodeReport.newBuilder()
            .setHost(host + ":" + port.getAsInt())
            .setVersion(build.toString())
            .setUptimeMs(ManagementFactory.getRuntimeMXBean().getUptime())
            .setDraining(draining.getAsBoolean())
            .setHeapUsedBytes(heap.getUsed())
            .setHeapMaxBytes(heap.getMax())
            .putAllLatencyMs(metrics.bucketsMs("ovation.deliver.latency"));
    VALUES.forEach((name, metric) -> report.putValues(name, metrics.sum(metric)));
    metrics
        .byTags("ovation.queue.backlog", "queue", "lane")
        .forEach((lane, items) -> report.putBacklog(lane, items.longValue()));
    metrics
        .byTags("ovation.queue.dead.letters", "queue")
        .forEach((queue, items) -> report.putDeadLetters(queue, items.longValue()));
    return report.build();
  }

  private static String host() {
    String given = System.getenv("HOSTNAME");
    try {
      return given == null || given.isEmpty() ? InetAddress.getLocalHost().getHostName() : given;
    } catch (UnknownHostException e) {
      return "unknown";
    }
  }
}
