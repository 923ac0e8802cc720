package io.ovation.deliver;

import io.ovation.bus.Desk;
import io.ovation.bus.Intake;
import io.ovation.config.Config;
import io.ovation.http.FrontLoop;
import io.ovation.http.Routes;
import io.ovation.metrics.Metrics;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.internal.ContextInternal;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Where viewers connect: {@code /live}, with a shard on each event loop of the front. */
public final class ViewerRoutes implements Routes {
  private static final Logger LOG = LoggerFactory.getLogger(ViewerRoutes.class);

  private static final String PLAIN = "/live/websocket";

  /** Server and session are the client's to choose; neither holds a dot (SockJS 0.3.3). */
  private static final Pattern SOCKJS = Pattern.compile("/live/[^/.]+/[^/.]+/websocket");

  private final Desk desk;
  private final Intake intake;
  private final Settings settings;
  private final Meters meters;
  private final Fallbacks fallbacks;
  private final List<EventLoopShard> shards = new CopyOnWriteArrayList<>();

  /**
   * @param region which the offsets of this node's streams belong to
   */
  public ViewerRoutes(
      Desk desk, Intake intake, Config.Viewer config, String region, Metrics metrics) {
    this.desk = desk;
    this.intake = intake;
    this.settings = Settings.of(config, region);
    this.meters = new Meters(metrics);
    this.fallbacks = new Fallbacks(settings, meters);
  }

  @Override
  public void mount(FrontLoop loop) {
    ContextInternal context = (ContextInternal) loop.context();
    EventLoopShard shard =
        new EventLoopShard(context.nettyEventLoop(), desk, intake, settings, meters);
    shards.add(shard);
    Takeover takeover = new Takeover(shard, settings.buffer());
    loop.upgrades(PLAIN::equals, request -> upgrade(request, takeover, false));
    loop.upgrades(
        path -> SOCKJS.matcher(path).matches(), request -> upgrade(request, takeover, true));
    fallbacks.mount(loop, context, shard);
  }

  /** Says goodbye to all viewers; returns at once. Any thread. */
  public void close() {
    shards.forEach(EventLoopShard::close);
  }

  private static void upgrade(HttpServerRequest request, Takeover takeover, boolean sockJs) {
    request
        .toWebSocket()
        .onSuccess(socket -> takeover.take(socket, sockJs))
        .onFailure(failure -> LOG.debug("a WebSocket upgrade failed: {}", failure.getMessage()));
  }
}
