package io.ovation.deliver.transport;

import io.ovation.auth.AccessControl;
import io.ovation.deliver.DeliveryMetrics;
import io.ovation.deliver.DeliverySettings;
import io.ovation.deliver.EventLoopShard;
import io.ovation.deliver.lifecycle.ConnectionAdmission;
import io.ovation.http.HttpEventLoop;
import io.ovation.http.body.JsonBodies;
import io.ovation.http.body.MessageIds;
import io.ovation.http.problem.FailureHandler;
import io.ovation.http.problem.Problem;
import io.ovation.http.problem.ProblemException;
import io.ovation.vertx.RequestBodies;
import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.sockjs.SockJSHandler;
import io.vertx.ext.web.handler.sockjs.SockJSHandlerOptions;
import io.vertx.ext.web.handler.sockjs.SockJSSocket;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * SockJS without WebSocket, and its info and iframe, served by vertx-web. The WebSocket transport
 * has its own path. Sessions live in this process, so a load balancer must be sticky for them.
 */
public final class SockJsFallbackRoutes {
  /** The path of SockJS's client, relative to the iframe under {@code /live}. */
  private static final String CLIENT = "../webjars/sockjs.min.js";

  /** The last parts of the paths of transports whose responses carry frames. */
  private static final Set<String> FRAMES =
      Set.of("xhr", "xhr_streaming", "eventsource", "htmlfile", "jsonp");

  /** The indexes of the parts of {@code /live/server/session/transport}. */
  private static final int SESSION = 3;

  private static final int TRANSPORT = 4;
  private static final Pattern POSTED =
      Pattern.compile("/live/[^/.]+/[^/.]+/(xhr|xhr_streaming|xhr_send)");
  private static final Pattern GOT =
      Pattern.compile("/live(/([^/.]+/[^/.]+/(eventsource|websocket)|info|iframe[^/]*\\.html)?)?");

  private static final String GET = "GET, HEAD";

  /** The parameter of a client that asks whether new viewers are admitted. */
  private static final String ADMISSION = "admission";

  private static final int RETRY_SECONDS = 5;

  /** Times the limit of a message: of a body up to this size, the id is looked for. */
  private static final int TOO_LARGE_READ = 4;

  /** Milliseconds for which a request waits for another of its session. */
  private static final int TURNS = 1_000;

  private final DeliverySettings settings;
  private final ConnectionAdmission admission;
  private final DeliveryMetrics metrics;
  private final AccessControl access;

  /** The names of open sessions, chosen by their clients; a poll may arrive on any loop. */
  private final Set<String> sessions = ConcurrentHashMap.newKeySet();

  /** Sessions of which a request is being handed to the session. */
  private final Set<String> entering = ConcurrentHashMap.newKeySet();

  public SockJsFallbackRoutes(
      DeliverySettings settings,
      ConnectionAdmission admission,
      AccessControl access,
      DeliveryMetrics metrics) {
    this.access = access;
    this.settings = settings;
    this.admission = admission;
    this.metrics = metrics;
  }

  public void mount(HttpEventLoop http, EventLoopShard shard) {
    SockJSHandlerOptions options =
        new SockJSHandlerOptions()
            .setHeartbeatInterval(settings.heartbeatMs())
            // No browser of the last ten years needs these two.
            .addDisabledTransport("JSON_P")
            .addDisabledTransport("HTML_FILE")
            .setRegisterWriteHandler(false)
            .setInsertJSESSIONID(false)
            .setLibraryURL(CLIENT);
    Router sessions =
        SockJSHandler.create(http.vertx(), options)
            // A second request of the session may open it, on another event loop.
            .socketHandler(socket -> shard.runOnLoop(() -> open(socket, http.context(), shard)));
    // Under "/live/*" the handler greets at "/live/" only.
    http.router()
        .route("/live")
        .method(HttpMethod.GET)
        .method(HttpMethod.HEAD)
        .handler(SockJsFallbackRoutes::greet);
    http.router()
        .route("/live/info")
        .method(HttpMethod.GET)
        .method(HttpMethod.HEAD)
        .handler(this::checkAdmission);
    http.router().route("/live/*").handler(SockJsFallbackRoutes::announceClose);
    http.router().route("/live/*").handler(SockJsFallbackRoutes::checkMethod);
    http.router().route("/live/*").handler(request -> admit(request, shard));
    http.router().post("/live/*").handler(request -> readBody(request, http.bodies()));
    http.router().route("/live/*").handler(request -> takeTurn(request, TURNS));
    http.router().route("/live/*").subRouter(sessions);
  }

  private void open(SockJSSocket socket, Context context, EventLoopShard shard) {
    SockJsFallbackViewer viewer = new SockJsFallbackViewer(shard, context, socket);
    viewer.address = access.address(socket.remoteAddress(), socket.headers());
    socket.handler(
        message -> {
          shard.markAlive(viewer);
          if (!viewer.isClosing()) {
            shard.messages.receive(viewer, message.getBytes());
          }
        });
    String session = part(socket.uri(), SESSION);
    sessions.add(session);
    socket.closeHandler(
        ignored -> {
          sessions.remove(session);
          shard.disconnected(viewer);
        });
    shard.connected(viewer);
  }

  private static void greet(RoutingContext request) {
    request
        .response()
        .putHeader(HttpHeaders.CONTENT_TYPE, "text/plain; charset=UTF-8")
        .end("Welcome to SockJS!\n");
  }

  /**
   * A browser does not say why a WebSocket failed. With {@code ?admission} who was not let in
   * learns whether that was the node; sockjs-client, whose turn may come at any time, is sent away
   * only while nobody is let in.
   */
  private void checkAdmission(RoutingContext request) {
    Problem refusal = admission.outlook(request.request().params().contains(ADMISSION));
    if (refusal == null) {
      request.next();
    } else {
      request.fail(refusal.exception());
    }
  }

  /**
   * The handler closes the connection after each response that carries frames. Without the header a
   * client with keep-alive sends its next request into the closing connection and loses it.
   */
  private static void announceClose(RoutingContext request) {
    String path = request.request().path();
    if (FRAMES.contains(part(path, TRANSPORT))) {
      request.response().putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
    }
    request.next();
  }

  /** The routes below would name those that read bodies. */
  private static void checkMethod(RoutingContext request) {
    String path = request.request().path();
    String allowed = methods(path);
    String method = request.request().method().name();
    if (method.equals("HEAD") && allowed.equals(GET)) {
      head(request, path);
    } else if (allowed.isEmpty()
        || List.of(allowed.split(", ")).contains(method)
        || (method.equals("OPTIONS") && asksFirst(path))) {
      request.next();
    } else {
      FailureHandler.methodNotAllowed(request.request(), allowed);
    }
  }

  /** Where a page of another origin sends an OPTIONS before it: SockJS answers that itself. */
  private static boolean asksFirst(String path) {
    return path.endsWith("/info") || POSTED.matcher(path).matches();
  }

  /** What SockJS takes at a path; empty where there is nothing. */
  private static String methods(String path) {
    if (POSTED.matcher(path).matches()) {
      return "POST";
    }
    return GOT.matcher(path).matches() ? GET : "";
  }

  /** SockJS itself knows no HEAD. An event stream is not opened for it. */
  private static void head(RoutingContext request, String path) {
    if (path.endsWith("/websocket")) {
      request.fail(Problem.invalid("Upgrade", "a WebSocket is opened by GET").exception());
      return;
    }
    String type = path.endsWith("/info") ? "application/json" : "text/plain";
    type = path.endsWith(".html") ? "text/html" : type;
    type = path.endsWith("/eventsource") ? "text/event-stream" : type;
    request.response().putHeader(HttpHeaders.CONTENT_TYPE, type + "; charset=UTF-8").end();
  }

  /** Only messages have a body; of other requests it would stay in memory with the session. */
  private void readBody(RoutingContext request, JsonBodies bodies) {
    boolean sends = request.request().path().endsWith("/xhr_send");
    bodies
        .bytes(request, TOO_LARGE_READ * (long) settings.messageLimit())
        .onComplete(
            body -> {
              RequestBodies.keep(request, sends ? body : Buffer.buffer());
              if (sends) {
                check(request, body.getBytes());
              } else {
                request.next();
              }
            },
            request::fail);
  }

  /** The next handler would answer a body that is no array of strings with a stack trace. */
  private void check(RoutingContext request, byte[] frame) {
    try {
      if (frame.length > settings.messageLimit()) {
        String detail = "message: at most " + settings.messageLimit() + " bytes";
        throw new Problem(413, "too_large", "message", detail).exception();
      } else if (frame.length == 0) {
        throw Problem.invalid("body", "is empty; a SockJS frame is expected").exception();
      }
      SockJsFrames.messages(frame);
      request.next();
    } catch (ProblemException e) {
      MessageIds.keep(request, SockJsFrames.id(frame));
      request.fail(e);
    }
  }

  /**
   * Lets one request of a session in at a time. A client that has read the answer to its first poll
   * may send the next to another event loop while the first one still opens the session, which
   * would then be opened twice.
   */
  private void takeTurn(RoutingContext request, int turns) {
    String session = part(request.request().path(), SESSION);
    if (session.isEmpty() || turns == 0) {
      request.next();
    } else if (entering.add(session)) {
      try {
        request.next();
      } finally {
        entering.remove(session);
      }
    } else {
      request.vertx().setTimer(1, timer -> takeTurn(request, turns - 1));
    }
  }

  /** A session costs memory and timers, and can be opened without keeping a connection open. */
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
      metrics.refusedFallbacks.increment();
      return Problem.busy("too many SockJS sessions without WebSocket here", RETRY_SECONDS);
    }
    return admission.refusal();
  }

  /** One part of {@code /live/server/session/transport}; empty for other paths. */
  private static String part(String path, int index) {
    int query = path.indexOf('?');
    String[] parts = (query < 0 ? path : path.substring(0, query)).split("/", -1);
    return parts.length == TRANSPORT + 1 ? parts[index] : "";
  }
}
