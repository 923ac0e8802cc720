package io.ovation.http;

import io.ovation.async.InFlightLimiter;
import io.ovation.config.Config;
import io.ovation.http.body.JsonBodies;
import io.ovation.http.limits.ClientAddresses;
import io.ovation.http.limits.OpenConnectionLimiter;
import io.ovation.http.problem.FailureHandler;
import io.ovation.http.problem.Problem;
import io.ovation.http.problem.RefusalMetrics;
import io.ovation.metrics.Metrics;
import io.ovation.vertx.Contexts;
import io.ovation.vertx.HeaderTimeouts;
import io.ovation.vertx.NettyPipelines;
import io.ovation.vertx.PipelinedAnswers;
import io.ovation.vertx.RequestGuard;
import io.vertx.core.Context;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.ServerSSLOptions;
import io.vertx.ext.web.Router;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A node's HTTP servers: one per event loop, all on one port. Vert.x distributes accepted
 * connections over them in turn. Roles may add routes before or after they listen. Methods may be
 * called from any thread.
 */
public final class HttpServers {
  private static final Logger log = LoggerFactory.getLogger(HttpServers.class);

  private static final Problem NOT_FOUND = Problem.notFound("there is nothing at this path");

  /** For a free port: Vert.x gives servers with the same negative number the same one. */
  private static final AtomicInteger FREE_PORT = new AtomicInteger(-1);

  /** How long requests in progress may take once the server closes. */
  private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(3);

  private final Vertx vertx;
  private final Config.Http config;
  private final int maxFrame;
  private final String keys;

  /** Bound instead of {@code port} if another process has that one; 0 to fail then. */
  private final int instead;

  private int bindPort;

  // Guarded by this: a loop that starts while routes are added must get each of them once.
  private final List<Routes> mounted = new ArrayList<>();
  private final List<Loop> loops = new ArrayList<>();
  private @Nullable String deployment;
  private final LongAdder headerTimeouts = new LongAdder();
  private final OpenConnectionLimiter open;
  private final CrossOrigin crossOrigin;
  private final InFlightLimiter bodyBytes;
  private final HttpMetrics metrics;
  private final RequestMetrics requests;
  private final Metrics meters;

  /**
   * @param config {@code port} 0 picks a free one
   * @param maxFrame bytes of the longest WebSocket frame that is read
   */
  public HttpServers(Vertx vertx, Config.Http config, int maxFrame, Metrics metrics) {
    this(vertx, config, maxFrame, metrics, "http", 0);
  }

  private HttpServers(
      Vertx vertx, Config.Http config, int maxFrame, Metrics metrics, String keys, int instead) {
    this.vertx = vertx;
    this.config = config;
    this.maxFrame = maxFrame;
    this.keys = keys;
    this.instead = instead;
    long most = keys.equals("http") ? OpenConnectionLimiter.allowedByFiles() : Long.MAX_VALUE;
    ClientAddresses clients = ClientAddresses.configured(config.trustedProxies());
    this.open = new OpenConnectionLimiter(config.connectionsPerAddress(), most, clients);
    this.crossOrigin = new CrossOrigin(config.origins());
    this.bodyBytes = new InFlightLimiter((int) config.bodiesLimit());
    this.metrics = new HttpMetrics(metrics, headerTimeouts, bodyBytes);
    this.requests = new RequestMetrics(metrics, keys.equals("http"));
    this.meters = metrics;
    this.bindPort = config.port() == 0 ? FREE_PORT.getAndDecrement() : config.port();
  }

  /**
   * The servers of the operators' port. A node that finds the default port taken binds a free one.
   *
   * @param http its limits hold here too
   */
  public static HttpServers operators(Vertx vertx, Config.Operate config, Config.Http http) {
    Config.Http limits =
        new Config.Http(
            config.host(),
            config.port(),
            http.lineLimit(),
            http.headersLimit(),
            http.bodyLimit(),
            http.bodiesLimit(),
            0,
            http.headerTimeout(),
            http.idleTimeout(),
            List.of(),
            List.of(),
            new Config.Tls("", ""));
    int instead = PortProbe.hasFallback(config) ? FREE_PORT.getAndDecrement() : 0;
    // Not the node's metrics: the counters of the viewers' port stay those of viewers.
    return new HttpServers(
        vertx, limits, (int) http.bodyLimit(), new Metrics(), "operate", instead);
  }

  /**
   * Checks {@code http.tls} and binds the port. If it fails, the message says what to do, and
   * nothing is left open.
   */
  public Future<Void> listen() {
    if (!config.tls().used()) {
      return bind();
    }
    Runnable check = () -> CertificateFile.requirePair(vertx, config.tls());
    return vertx.executeBlocking(Executors.callable(check), false).compose(v -> bind());
  }

  private Future<Void> bind() {
    return vertx
        .deployVerticle(Loop::new, new DeploymentOptions().setInstances(Contexts.eventLoops(vertx)))
        .onSuccess(this::deployed)
        .<Void>mapEmpty()
        .recover(cause -> retry(cause) ? bind() : Future.failedFuture(explained(cause)));
  }

  /** Whether another port is to be tried: once, if the one to bind is taken. */
  private synchronized boolean retry(Throwable cause) {
    if (instead == 0 || bindPort == instead || !(cause instanceof IOException)) {
      return false;
    }
    log.warn("{}.port {} is taken: a free port is used instead", keys, bindPort);
    bindPort = instead;
    loops.clear();
    return true;
  }

  /** Adds routes on every event loop; any thread. */
  public Future<Void> mount(Routes routes) {
    List<Loop> running;
    synchronized (this) {
      mounted.add(routes);
      running = List.copyOf(loops);
    }
    return Future.join(running.stream().map(loop -> loop.mount(routes)).toList()).mapEmpty();
  }

  /** The bound port; 0 before {@link #listen}. */
  public synchronized int port() {
    return loops.isEmpty() ? 0 : loops.get(0).port();
  }

  /** Lets requests in progress finish for {@link #CLOSE_PATIENCE}, then ends all. Idempotent. */
  public Future<Void> close() {
    String id;
    synchronized (this) {
      id = deployment;
      deployment = null;
    }
    return id == null ? Future.succeededFuture() : vertx.undeploy(id);
  }

  /** Registers a starting loop, which gets the routes added so far. */
  private synchronized List<Routes> join(Loop loop) {
    loops.add(loop);
    return List.copyOf(mounted);
  }

  private synchronized void deployed(String id) {
    deployment = id;
    if (config.tls().used()) {
      new CertificateReloader(vertx, config.tls(), meters, this::useCertificate).start();
    }
  }

  private synchronized Future<?> useCertificate(ServerSSLOptions options) {
    return Future.all(loops.stream().map(loop -> loop.useCertificate(options)).toList());
  }

  private Throwable explained(Throwable cause) {
    // The native transport does not throw a BindException.
    if (!(cause instanceof IOException failure)) {
      return cause;
    }
    return PortProbe.taken(keys, config.host(), config.port(), failure);
  }

  /** The HTTP server of one event loop, its router and its WebSocket paths. */
  private final class Loop extends VerticleBase implements HttpEventLoop {
    private record Upgrade(Predicate<String> path, Handler<HttpServerRequest> handler) {}

    private final List<Upgrade> upgrades = new ArrayList<>();
    private @Nullable Router router;
    private @Nullable JsonBodies bodies;
    private volatile @Nullable HttpServer server;

    @Override
    public Future<?> start() {
      Router created = Router.router(vertx);
      router = created;
      Runnable overBudget = () -> metrics.refused(HttpMetrics.Refusal.BODIES);
      bodies = new JsonBodies(vertx, config.bodyLimit(), bodyBytes, overBudget);
      if (!config.origins().isEmpty()) {
        created.route().handler(crossOrigin::handle);
      }
      FailureHandler.install(created, () -> NOT_FOUND);
      HeaderTimeouts headers = new HeaderTimeouts(config.headerTimeout().toNanos(), headerTimeouts);
      requests.install(created);
      new RefusalMetrics(meters).install(context);
      join(this).forEach(routes -> routes.mount(this));
      HttpServer listening =
          vertx
              .createHttpServer(ServerOptions.of(config, maxFrame))
              .connectionHandler(
                  connection -> {
                    if (open.admit(connection)) {
                      NettyPipelines.limitReads(connection);
                      headers.watch(connection);
                      RequestGuard.install(
                          connection,
                          uri -> uri.startsWith("/live/"),
                          (int) config.lineLimit(),
                          (int) config.headersLimit());
                      PipelinedAnswers.install(connection);
                    } else {
                      metrics.refused(HttpMetrics.Refusal.CONNECTIONS);
                      connection.close();
                    }
                  })
              .requestHandler(this::handle)
              .invalidRequestHandler(
                  request -> {
                    RequestIds.assign(request);
                    crossOrigin.expose(request);
                    FailureHandler.unreadable(request, metrics::refused);
                  });
      server = listening;
      vertx.setPeriodic(HeaderTimeouts.CHECK_MS, timer -> headers.closeExpired());
      return listening.listen(bindPort, config.host());
    }

    @Override
    public Future<?> stop() {
      HttpServer listening = server;
      return listening == null
          ? Future.succeededFuture()
          : listening.shutdown(CLOSE_PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Adds routes on the loop's thread; any thread. */
    Future<Void> mount(Routes routes) {
      Promise<Void> done = Promise.promise();
      context.runOnContext(
          ignored ->
              Future.<Void>future(
                      mounted -> {
                        routes.mount(this);
                        mounted.complete();
                      })
                  .onComplete(done));
      return done.future();
    }

    Future<?> useCertificate(ServerSSLOptions options) {
      HttpServer listening = server;
      return listening == null
          ? Future.succeededFuture()
          : listening.updateSSLOptions(options.copy());
    }

    int port() {
      HttpServer listening = server;
      return listening == null ? 0 : listening.actualPort();
    }

    @Override
    public Vertx vertx() {
      return vertx;
    }

    @Override
    public Context context() {
      return context;
    }

    @Override
    public Router router() {
      return Objects.requireNonNull(router, "the loop has not started");
    }

    @Override
    public JsonBodies bodies() {
      return Objects.requireNonNull(bodies, "the loop has not started");
    }

    @Override
    public void upgrades(Predicate<String> path, Handler<HttpServerRequest> handler) {
      upgrades.add(new Upgrade(path, handler));
    }

    private void handle(HttpServerRequest request) {
      RequestIds.assign(request);
      if (request.uri().equals("*") && request.method().equals(HttpMethod.OPTIONS)) {
        String all = "GET, HEAD, POST, PUT, DELETE, OPTIONS";
        request.response().setStatusCode(204).putHeader(HttpHeaders.ALLOW, all).end();
        return;
      }
      Problem refusal = RequestTarget.refusal(request, router(), NOT_FOUND);
      if (refusal != null) {
        refuse(request, refusal);
        return;
      }
      // A router would wrap the request, and a wrapped one can't be upgraded to a bare WebSocket.
      if (request.headers().contains(HttpHeaders.UPGRADE, HttpHeaders.WEBSOCKET, true)) {
        upgrade(request);
      } else {
        router().handle(request);
      }
    }

    private void upgrade(HttpServerRequest request) {
      Problem foreign = crossOrigin.refusal(request);
      if (foreign != null) {
        metrics.refused(HttpMetrics.Refusal.ORIGIN);
      }
      Problem refusal = foreign == null ? WebSocketHandshakes.refusal(request) : foreign;
      if (refusal != null) {
        refuse(request, refusal);
        return;
      }
      for (Upgrade upgrade : upgrades) {
        if (upgrade.path.test(String.valueOf(request.path()))) {
          try {
            upgrade.handler.handle(request);
          } catch (RuntimeException e) {
            FailureHandler.answer(request, e);
          }
          return;
        }
      }
      refuse(request, Problem.notFound("there is no WebSocket at this path"));
    }

    private void refuse(HttpServerRequest request, Problem refusal) {
      crossOrigin.expose(request);
      FailureHandler.send(request, refusal);
    }
  }
}
