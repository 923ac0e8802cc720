package io.ovation.deliver;

import io.ovation.config.Config;
import io.ovation.deliver.lifecycle.Admission;
import io.ovation.deliver.lifecycle.DrainScheduler;
import io.ovation.deliver.transport.ChannelAdopter;
import io.ovation.deliver.transport.SockJsFallbackRoutes;
import io.ovation.deliver.transport.SseRoutes;
import io.ovation.http.HttpEventLoop;
import io.ovation.http.Routes;
import io.ovation.http.problem.Problem;
import io.ovation.http.problem.ProblemResponses;
import io.ovation.metrics.Metrics;
import io.ovation.stage.StreamSubscriptions;
import io.ovation.stage.SubmissionService;
import io.ovation.vertx.Contexts;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where viewers connect: {@code /live} and {@code /streams/{stream}/events}, with a shard on each
 * event loop of the front.
 */
public final class ViewerRoutes implements Routes {
  private static final Logger LOG = LoggerFactory.getLogger(ViewerRoutes.class);

  private static final String PLAIN = "/live/websocket";

  /** Server and session are the client's to choose; neither holds a dot (SockJS 0.3.3). */
  private static final Pattern SOCKJS = Pattern.compile("/live/[^/.]+/[^/.]+/websocket");

  /** Nobody is asked to stay away longer. */
  private static final Duration SPREAD_MAX = Duration.ofSeconds(30);

  private final StreamSubscriptions subscriptions;
  private final SubmissionService intake;
  private final DeliverySettings settings;
  private final DeliveryMetrics meters;
  private final int connectRate;
  private final Admission admission;
  private final SockJsFallbackRoutes sockJsFallbacks;
  private final AtomicLong watches = new AtomicLong();
  private final SseRoutes events;
  private final List<EventLoopShard> shards = new CopyOnWriteArrayList<>();

  /**
   * @param region which the offsets of this node's streams belong to
   */
  public ViewerRoutes(
      StreamSubscriptions subscriptions,
      SubmissionService intake,
      Config.Viewer config,
      String region,
      Metrics metrics) {
    this.subscriptions = subscriptions;
    this.intake = intake;
    this.settings = DeliverySettings.of(config, region);
    this.meters = new DeliveryMetrics(metrics);
    this.connectRate = config.connectRate();
    this.admission = new Admission(config, meters, metrics, System::nanoTime);
    this.sockJsFallbacks = new SockJsFallbackRoutes(settings, admission, meters);
    this.events = new SseRoutes(admission);
  }

  @Override
  public void mount(HttpEventLoop loop) {
    Context context = loop.context();
    EventLoopShard shard =
        new EventLoopShard(
            Contexts.eventLoop(context), subscriptions, intake, settings, meters, watches);
    shards.add(shard);
    ChannelAdopter takeover = new ChannelAdopter(shard);
    loop.upgrades(PLAIN::equals, request -> upgrade(request, takeover, false));
    loop.upgrades(
        path -> SOCKJS.matcher(path).matches(), request -> upgrade(request, takeover, true));
    sockJsFallbacks.mount(loop, context, shard);
    events.mount(loop, shard, takeover);
  }

  /** Refuses new viewers from now on; those who are here stay. Any thread. */
  public void closeDoor() {
    admission.close();
  }

  /**
   * Asks all viewers to connect anew, and delivers to them until they have left. Any thread.
   *
   * @param period over which they are asked, evenly; with none, at once, and then they are asked to
   *     come back over so long as this node would take to let them all in
   * @return done when nobody is here
   */
  public Future<Void> drain(Duration period) {
    Duration spread = period.isZero() ? spread() : DrainScheduler.SPREAD;
    return Future.join(shards.stream().map(shard -> shard.drain(period, spread)).toList())
        .mapEmpty();
  }

  private Duration spread() {
    Duration needed =
        connectRate == 0 ? SPREAD_MAX : Duration.ofSeconds(2L * connections() / connectRate);
    Duration least = needed.compareTo(DrainScheduler.SPREAD) < 0 ? DrainScheduler.SPREAD : needed;
    return least.compareTo(SPREAD_MAX) > 0 ? SPREAD_MAX : least;
  }

  /** Viewers' connections that are open. Any thread. */
  public int connections() {
    return meters.connections();
  }

  /** Says goodbye to all viewers; returns at once. Any thread. */
  public void close() {
    shards.forEach(EventLoopShard::close);
  }

  private void upgrade(HttpServerRequest request, ChannelAdopter takeover, boolean sockJs) {
    Problem refusal = admission.refusal();
    if (refusal != null) {
      request.response().putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
      ProblemResponses.send(request, refusal);
      request.connection().close();
      return;
    }
    request
        .toWebSocket()
        .onSuccess(socket -> takeover.take(socket, sockJs))
        .onFailure(failure -> LOG.debug("a WebSocket upgrade failed: {}", failure.getMessage()));
  }
}
