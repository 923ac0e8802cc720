package io.ovation.cluster;

import io.ovation.metrics.Metrics;
import io.ovation.wire.Addresses;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.EventBusOptions;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.eventbus.ReplyFailure;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
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

  /** For this time a member may be in the cluster and not have announced its addresses yet. */
  private static final long START_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final Vertx vertx;
  private final Cluster cluster;
  private final LongSupplier nanoTime;

  /** Other members. Written by the context, read by whoever asks for readiness. */
  private final Map<String, Peer> peers = new ConcurrentHashMap<>();

  private volatile Set<String> unreachable = Set.of();

  /** Members to which nothing can be sent, for they announce no address. */
  private volatile Set<String> unannounced = Set.of();

  /** Enough members have answered once: until then this node itself may be cut off. */
  private volatile boolean connected;

  /** Another member; confined to the context. */
  private static final class Peer {
    /** When it last answered, or was first asked. */
    private long heard;

    private boolean answered;

    /** The last question could not be sent, for it announced no address. */
    private boolean unannounced;

    private boolean asked;

    private Peer(long now) {
      this.heard = now;
    }

    private boolean silent(long now) {
      return now - heard > (unannounced ? START_NANOS : SILENT_NANOS);
    }
  }

  private BusHeartbeat(Vertx vertx, Cluster cluster, LongSupplier nanoTime) {
    this.vertx = vertx;
    this.cluster = cluster;
    this.nanoTime = nanoTime;
  }

  /** Begins to answer and to ask; on the caller's context. */
  public static BusHeartbeat start(Vertx vertx, Cluster cluster, Metrics metrics) {
    return start(vertx, cluster, metrics, System::nanoTime);
  }

  static BusHeartbeat start(Vertx vertx, Cluster cluster, Metrics metrics, LongSupplier nanoTime) {
    BusHeartbeat heartbeat = new BusHeartbeat(vertx, cluster, nanoTime);
    metrics.gauge(
        "ovation.cluster.unreachable",
        "Members whose event bus does not answer",
        heartbeat,
        h -> h.unreachable.size());
    vertx.eventBus().consumer(Addresses.heartbeat(cluster.self()), m -> m.reply(null));
    heartbeat.tick();
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
    peers.keySet().retainAll(members);
    members.forEach(this::ask);
    long now = nanoTime.getAsLong();
    Set<String> silent = new TreeSet<>();
    Set<String> absent = new TreeSet<>();
    peers.forEach(
        (id, peer) -> {
          if (peer.silent(now)) {
            (peer.unannounced ? absent : silent).add(id);
          }
        });
    silent.stream().filter(id -> !unreachable.contains(id)).forEach(BusHeartbeat::logSilent);
    absent.stream().filter(id -> !unannounced.contains(id)).forEach(BusHeartbeat::logAbsent);
    Stream.concat(unreachable.stream(), unannounced.stream())
        .filter(id -> peers.containsKey(id) && !silent.contains(id) && !absent.contains(id))
        .forEach(id -> log.info("the event bus of member {} answers", id));
    unannounced = absent;
    unreachable = silent;
    checkConnected();
  }

  private static void logSilent(String id) {
    log.warn(
        "the event bus of member {} does not answer: what is sent to it is lost. Check that members"
            + " can open connections to one another's event-bus ports (cluster.xml)",
        id);
  }

  private static void logAbsent(String id) {
    log.warn(
        "member {} is in the cluster and does not announce that it answers on the event bus. A node"
            + " of 0.2.0 or older never does; nothing can be sent to any other: restart it if this"
            + " lasts",
        id);
  }

  private void ask(String member) {
    Peer peer = peers.computeIfAbsent(member, id -> new Peer(nanoTime.getAsLong()));
    if (peer.asked) {
      return;
    }
    peer.asked = true;
    vertx
        .eventBus()
        .request(Addresses.heartbeat(member), null, PATIENCE)
        .onComplete(
            (answer, failure) -> {
              peer.asked = false;
              peer.unannounced = failure != null && isUnannounced(failure);
              if (failure == null) {
                peer.heard = nanoTime.getAsLong();
                peer.answered = true;
              }
              checkConnected();
            });
  }

  private static boolean isUnannounced(Throwable failure) {
    return failure instanceof ReplyException reply
        && reply.failureType() == ReplyFailure.NO_HANDLERS;
  }

  private void checkConnected() {
    if (!connected) {
      long open = peers.values().stream().filter(p -> !p.answered && !p.unannounced).count();
      connected = 2 * open <= peers.size();
    }
  }

  /**
   * For readiness: fails if more than half of the other members can't be reached, also while a node
   * that starts has not heard from them yet. Others stay ready and say so: one member that is cut
   * off, or that announces no address, must not take all out of service.
   */
  public Future<String> state() {
    Set<String> silent = unreachable;
    Set<String> absent = unannounced;
    String text = "members: " + cluster.members().size();
    if (!silent.isEmpty()) {
      text += "; the event bus of " + silent.size() + " does not answer: " + silent;
    }
    if (!absent.isEmpty()) {
      text += "; not announced on the event bus: " + absent;
    }
    if (!connected && silent.isEmpty()) {
      text += "; fewer than half of the others have answered yet";
    }
    boolean ready = connected && 2 * silent.size() <= peers.size();
    return ready ? Future.succeededFuture(text) : Future.failedFuture(text);
  }
}
