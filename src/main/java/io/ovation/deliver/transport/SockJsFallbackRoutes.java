package io.ovation.deliver.transport;

import io.ovation.deliver.DeliveryMetrics;
import io.ovation.deliver.DeliverySettings;
import io.ovation.deliver.EventLoopShard;
import io.ovation.deliver.lifecycle.Admission;
import io.ovation.http.HttpEventLoop;
import io.ovation.http.problem.Problem;
import io.ovation.http.problem.ProblemException;
import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import io.vertx.ext.web.handler.sockjs.SockJSHandler;
import io.vertx.ext.web.handler.sockjs.SockJSHandlerOptions;
import io.vertx.ext.web.handler.sockjs.SockJSSocket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * SockJS without WebSocket, and its info and iframe, by vertx-web. The WebSocket transport never
 * gets here. Sessions live in this process, so a load balancer must be sticky for them.
 */
public final class SockJsFallbackRoutes {
  /** Where the front serves SockJS's client, as seen from the iframe under {@code /live}. */
  private static final String CLIENT = "../webjars/sockjs.min.js";

  /** Transports whose responses carry frames, by the last part of their paths. */
  private static final Set<String> FRAMES =
      Set.of("xhr", "xhr_streaming", "eventsource", "htmlfile", "jsonp");

  /** Where they stand in {@code /live/server/session/transport}. */
  private static final int SESSION = 3;

  private static final int TRANSPORT = 4;

  /** A client that is refused tries again after so many seconds. */
  private static final int RETRY_SECONDS = 5;

  private final DeliverySettings settings;
  private final Admission admission;
  private final DeliveryMetrics meters;

  /** Sessions that are open, by the name their clients gave them; a poll may come on any loop. */
  private final Set<String> sessions = ConcurrentHashMap.newKeySet();

  public SockJsFallbackRoutes(
      DeliverySettings settings, Admission admission, DeliveryMetrics meters) {
    this.settings = settings;
    this.admission = admission;
    this.meters = meters;
  }

  public void mount(HttpEventLoop loop, Context context, EventLoopShard shard) {
    SockJSHandlerOptions options =
        new SockJSHandlerOptions()
            .setHeartbeatInterval(settings.heartbeatMs())
            // No browser of the last ten years needs these two.
            .addDisabledTransport("JSON_P")
            .addDisabledTransport("HTML_FILE")
            .setRegisterWriteHandler(false)
            .setLibraryURL(CLIENT);
    Router sessions =
        SockJSHandler.create(loop.vertx(), options)
            .socketHandler(socket -> open(socket, context, shard));
    loop.router().route("/live/*").handler(SockJsFallbackRoutes::announceEnd);
    loop.router().route("/live/*").handler(request -> admit(request, shard));
    loop.router()
        .post("/live/*")
        .handler(BodyHandler.create(false).setBodyLimit(settings.messageLimit()));
    loop.router().post("/live/*").handler(SockJsFallbackRoutes::check);
    loop.router().route("/live/*").subRouter(sessions);
  }

  private void open(SockJSSocket socket, Context context, EventLoopShard shard) {
    SockJsFallbackViewer viewer = new SockJsFallbackViewer(shard, context, socket);
    socket.handler(
        message -> {
          shard.heardFrom(viewer);
          if (!viewer.ending()) {
            shard.heard(viewer, message.getBytes());
          }
        });
    String session = part(socket.uri(), SESSION);
    sessions.add(session);
    socket.closeHandler(
        ignored -> {
          sessions.remove(session);
          shard.left(viewer);
        });
    shard.joined(viewer);
  }

  /**
   * The handler closes the connection behind each response that carries frames. Not told so, a
   * client with keep-alive sends its next request into the closing connection and loses it.
   */
  private static void announceEnd(RoutingContext request) {
    String path = request.request().path();
    if (FRAMES.contains(part(path, TRANSPORT))) {
      request.response().putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
    }
    request.next();
  }

  /** The handler behind would answer a body that is no array of strings with a stack trace. */
  private static void check(RoutingContext request) {
    try {
      Buffer body = request.body().buffer();
      if (request.request().path().endsWith("/xhr_send") && body != null) {
        SockJsFrames.messages(body.getBytes());
      }
      request.next();
    } catch (ProblemException e) {
      request.fail(e);
    }
  }

  /** A session costs memory and timers, and can be asked for without a connection that stays. */
  private void admit(RoutingContext request, EventLoopShard shard) {
    String path = request.request().path();
    boolean opens =
        FRAMES.contains(part(path, TRANSPORT)) && !sessions.contains(part(path, SESSION));
    Problem refusal = opens ? refusal(shard) : null;
    if (refusal == null) {
      request.next();
    } else {
      request.fail(refusal.exception());
    }
  }

  private @Nullable Problem refusal(EventLoopShard shard) {
    if (shard.fallbacks() >= DeliverySettings.FALLBACKS) {
      meters.refusedFallbacks.increment();
      return Problem.busy("too many SockJS sessions without WebSocket here", RETRY_SECONDS);
    }
    return admission.refusal();
  }

  /** One part of {@code /live/server/session/transport}; empty if there is none. */
  private static String part(String path, int index) {
    int query = path.indexOf('?');
    String[] parts = (query < 0 ? path : path.substring(0, query)).split("/", -1);
    return parts.length == TRANSPORT + 1 ? parts[index] : "";
  }
}
