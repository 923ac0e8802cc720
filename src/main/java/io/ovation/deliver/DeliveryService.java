package io.ovation.deliver;

import io.netty.channel.EventLoop;
import io.ovation.auth.AccessControl;
import io.ovation.config.Config;
import io.ovation.deliver.lifecycle.ConnectionAdmission;
import io.ovation.deliver.lifecycle.DrainScheduler;
import io.ovation.deliver.transport.SockJsFallbackRoutes;
import io.ovation.http.HttpEventLoop;
import io.ovation.http.Routes;
import io.ovation.metrics.Metrics;
import io.ovation.moderation.hooks.WatchHook;
import io.ovation.stage.StreamSubscriptions;
import io.ovation.stage.SubmissionService;
import io.ovation.vertx.Contexts;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A node's viewers: deploys a {@link DeliveryVerticle} on every event loop, and admits, drains and
 * disconnects viewers of all of them. Methods may be called from any thread.
 */
public final class DeliveryService implements Routes {
  /** The longest time after which a viewer is asked to reconnect. */
  private static final Duration MAX_SPREAD = Duration.ofSeconds(30);

  private final StreamSubscriptions subscriptions;
  private final SubmissionService submissions;
  final AccessControl access;
  final WatchHook hook;
  private final DeliverySettings settings;
  private final DeliveryMetrics metrics;
  private final int connectRate;
  final boolean deflate;
  final ConnectionAdmission admission;
  final SockJsFallbackRoutes sockJsFallbacks;
  private final AtomicLong watchNumbers = new AtomicLong();
  private final Map<EventLoop, DeliveryVerticle> verticles = new ConcurrentHashMap<>();
  private final List<String> deployments = new CopyOnWriteArrayList<>();

  /**
   * @param region to which the offsets of this node's streams belong
   */
  public DeliveryService(
      StreamSubscriptions subscriptions,
      SubmissionService submissions,
      AccessControl access,
      WatchHook hook,
      Config.Viewer config,
      String region,
      Metrics metrics) {
    this.subscriptions = subscriptions;
    this.submissions = submissions;
    this.access = access;
    this.hook = hook;
    this.settings = DeliverySettings.of(config, region);
    this.metrics = new DeliveryMetrics(metrics);
    this.connectRate = config.connectRate();
    this.deflate = config.deflate();
    this.admission = new ConnectionAdmission(config, this.metrics, metrics, System::nanoTime);
    this.sockJsFallbacks = new SockJsFallbackRoutes(settings, admission, access, this.metrics);
  }

  public Future<Void> deploy(Vertx vertx) {
    return deploy(vertx, Contexts.eventLoops(vertx));
  }

  private Future<Void> deploy(Vertx vertx, int instances) {
    return vertx
        .deployVerticle(
            () -> new DeliveryVerticle(this), new DeploymentOptions().setInstances(instances))
        .compose(
            id -> {
              deployments.add(id);
              // Vert.x assigns event loops in turn, but to everybody who asks: other components
              // that start meanwhile may have got one of ours.
              int missing = Contexts.eventLoops(vertx) - verticles.size();
              return missing == 0 ? Future.succeededFuture() : deploy(vertx, missing);
            });
  }

  /** Closes all viewers' connections; returns before they have been closed. */
  public Future<Void> undeploy(Vertx vertx) {
    return Future.join(deployments.stream().map(vertx::undeploy).toList()).mapEmpty();
  }

  @Override
  public void mount(HttpEventLoop http) {
    DeliveryVerticle verticle = verticles.get(Contexts.eventLoop(http.context()));
    if (verticle == null) {
      throw new IllegalStateException("no DeliveryVerticle is deployed on this event loop");
    }
    verticle.mount(http);
  }

  /** Refuses new viewers from now on; those that are connected stay. */
  public void refuseNewViewers() {
    admission.close();
  }

  /**
   * Asks all viewers to reconnect, and delivers to them until they have left.
   *
   * @param period over which they are asked, evenly. With zero all are asked at once, and to come
   *     back spread over the time in which this node could admit them all
   * @return completes when no viewer is connected
   */
  public Future<Void> drain(Duration period) {
    Duration spread = period.isZero() ? readmissionTime() : DrainScheduler.SPREAD;
    return Future.join(
            verticles.values().stream().map(verticle -> verticle.drain(period, spread)).toList())
        .mapEmpty();
  }

  private Duration readmissionTime() {
    Duration needed =
        connectRate == 0 ? MAX_SPREAD : Duration.ofSeconds(2L * connections() / connectRate);
    Duration least = needed.compareTo(DrainScheduler.SPREAD) < 0 ? DrainScheduler.SPREAD : needed;
    return least.compareTo(MAX_SPREAD) > 0 ? MAX_SPREAD : least;
  }

  /** Open connections of viewers. */
  public int connections() {
    return metrics.connections();
  }

  /** Returns false if the loop has a verticle already. */
  boolean register(EventLoop loop, DeliveryVerticle verticle) {
    return verticles.putIfAbsent(loop, verticle) == null;
  }

  EventLoopShard newShard(EventLoop loop) {
    return new EventLoopShard(
        loop,
        subscriptions,
        shard -> new ViewerMessageHandler(shard, submissions, access, hook, settings, metrics),
        settings,
        metrics,
        watchNumbers);
  }
}
