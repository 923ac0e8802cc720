package io.ovation.ingress;

import io.ovation.auth.AccessControl;
import io.ovation.http.HttpServers;
import io.ovation.http.Routes;
import io.ovation.moderation.StreamSettings;
import io.ovation.wire.proto.StreamStatus;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import java.util.List;
import java.util.function.Function;

/** The ingress role: mounts the HTTP API's routes on every event loop of the node's server. */
public final class IngressVerticle extends VerticleBase {
  private final HttpServers servers;
  private final List<Routes> others;
  private final StreamRoutes streams;

  /**
   * @param states a stream's state, all zero if the stream is unknown; called on any event loop of
   *     the server, completes on the caller's context
   * @param history of comments
   * @param settings a stream's settings
   * @param access what the streams' routes ask for
   * @param others the routes of other roles
   */
  public IngressVerticle(
      HttpServers servers,
      NodeSubmissions submissions,
      Function<String, Future<StreamStatus>> states,
      HistoryRoute history,
      Function<String, StreamSettings> settings,
      AccessControl access,
      List<Routes> others) {
    this.servers = servers;
    this.streams =
        new StreamRoutes(
            submissions.comments(), submissions.reactions(), states, history, settings, access);
    this.others = List.copyOf(others);
  }

  @Override
  public Future<?> start() {
    return servers.mount(
        loop -> {
          streams.mount(loop);
          others.forEach(routes -> routes.mount(loop));
        });
  }
}
