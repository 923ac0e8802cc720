package io.ovation.ingress;

import io.ovation.config.Config;
import io.ovation.http.RouteRegistry;
import io.ovation.http.Routes;
import io.ovation.wire.proto.StreamStatus;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import java.util.List;
import java.util.function.Function;

/** The HTTP API's role: mounts its routes on every event loop of the node's front. */
public final class IngressVerticle extends VerticleBase {
  private final RouteRegistry front;
  private final Config.Http http;
  private final IngressSubmissions intake;
  private final Function<String, Future<StreamStatus>> streams;
  private final List<Routes> others;

  /**
   * @param intake shared with the node's sockets, so that both draw on one budget
   * @param streams what is known of a stream, zeros if it was never heard of; called on any of the
   *     front's event loops, completes on the caller's context
   * @param others what other parts offer at the same door
   */
  public IngressVerticle(
      RouteRegistry front,
      Config.Http http,
      IngressSubmissions intake,
      Function<String, Future<StreamStatus>> streams,
      List<Routes> others) {
    this.front = front;
    this.http = http;
    this.intake = intake;
    this.streams = streams;
    this.others = List.copyOf(others);
  }

  @Override
  public Future<?> start() {
    return front.mount(
        loop -> {
          new CommentRoutes(loop, http.bodyLimit(), intake.comments()).mount();
          new ReactionRoutes(loop, http.bodyLimit(), intake.reactions()).mount();
          new StreamRoutes(streams).mount(loop);
          others.forEach(routes -> routes.mount(loop));
        });
  }
}
