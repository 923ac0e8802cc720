package io.ovation.cluster;

import io.ovation.metrics.Metrics;
import io.ovation.wire.Addresses;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.EventBusOptions;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.eventbus.ReplyFailure;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks every member once a second over the event bus whether it is there. Hazelcast, which has a
 * port of its own, keeps a member whose event bus can't be reached; what is sent to it is lost.
 */
public final class BusHeartbeat {
  private static final Logger log = LoggerFactory.getLogger(BusHeartbeat.class);
  private static final long INTERVAL_MS = 1_000;
  private static final DeliveryOptions PATIENCE = new DeliveryOptions().setSendTimeout(2_000);

  /** A member that has not answered for this time is unreachable: within 5 s of the last answer. */
  private static final long SILENT_NANOS = TimeUnit.MILLISECONDS.toNanos(3_500);

  private final Vertx vertx;
  private final Cluster cluster;

  /** Member → when it last answered, or was first asked; {@link System#nanoTime}. */
  private final Map<String, Long> heard = new ConcurrentHashMap<>();

  private final Set<String> asked = new HashSet<>();
  private volatile Set<String> unreachable = Set.of();

  private BusHeartbeat(Vertx vertx, Cluster cluster) {
    this.vertx = vertx;
    this.cluster = cluster;
  }

  /** Begins to answer and to ask; on the caller's context. */
  public static BusHeartbeat start(Vertx vertx, Cluster cluster, Metrics metrics) {
    BusHeartbeat heartbeat = new BusHeartbeat(vertx, cluster);
    metrics.gauge(
        "ovation.cluster.unreachable",
        "Members whose event bus does not answer",
        heartbeat,
        h -> h.unreachable.size());
    vertx.eventBus().consumer(Addresses.heartbeat(cluster.self()), m -> m.reply(null));
    vertx.setPeriodic(INTERVAL_MS, t -> heartbeat.tick());
    return heartbeat;
  }

  /**
   * So that a connection whose peer can't be reached ends in seconds, not in a minute, and the next
   * message opens another one.
   */
  public static void tune(EventBusOptions options) {
    options
        .setConnectTimeout(2_000)
        .setClusterPingInterval(1_500)
        .setClusterPingReplyInterval(3_000);
  }

  private void tick() {
    List<String> members =
        cluster.members().stream()
            .map(Cluster.Member::id)
            .filter(id -> !id.equals(cluster.self()))
            .toList();
    heard.keySet().retainAll(members);
    members.forEach(this::ask);
    Set<String> silent = new TreeSet<>();
    heard.forEach(
        (id, at) -> {
          if (System.nanoTime() - at > SILENT_NANOS) {
            silent.add(id);
          }
        });
    silent.stream().filter(id -> !unreachable.contains(id)).forEach(BusHeartbeat::lost);
    unreachable.stream()
        .filter(id -> heard.containsKey(id) && !silent.contains(id))
        .forEach(id -> log.info("the event bus of member {} answers again", id));
    unreachable = silent;
  }

  private static void lost(String id) {
    log.warn(
        "the event bus of member {} does not answer: what is sent to it is lost. Check that members"
            + " can open connections to one another's event-bus ports (cluster.xml)",
        id);
  }

  private void ask(String member) {
    heard.putIfAbsent(member, System.nanoTime());
    if (!asked.add(member)) {
      return;
    }
    vertx
        .eventBus()
        .request(Addresses.heartbeat(member), null, PATIENCE)
        .onComplete(
            (answer, failure) -> {
              asked.remove(member);
              if (failure == null || isStarting(failure)) {
                heard.computeIfPresent(member, (id, before) -> System.nanoTime());
              }
            });
  }

  /** It has joined the cluster and does not answer heartbeats yet. */
  private static boolean isStarting(Throwable failure) {
    return failure instanceof ReplyException reply
        && reply.failureType() == ReplyFailure.NO_HANDLERS;
  }

  /**
   * For readiness: fails if more than half of the other members can't be reached. Others stay ready
   * and say so: one member that is cut off must not take all out of service.
   */
  public Future<String> state() {
    Set<String> silent = unreachable;
    int others = heard.size();
    String members = "members: " + cluster.members().size();
    if (silent.isEmpty()) {
      return Future.succeededFuture(members);
    }
    String text = members + "; the event bus of " + silent.size() + " does not answer: " + silent;
    return 2 * silent.size() > others ? Future.failedFuture(text) : Future.succeededFuture(text);
  }
}
