package io.ovation.http;

import io.ovation.http.problem.FailureHandler;
import io.ovation.http.problem.ProblemResponses;
import io.ovation.vertx.HeaderTimeouts;
import io.ovation.vertx.NettyPipelines;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Router;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The HTTP server of one event loop, its router and its WebSocket paths. */
final class HttpServerVerticle extends VerticleBase implements HttpEventLoop {

  /** How long requests in progress may take once the server closes. */
  static final Duration CLOSE_PATIENCE = Duration.ofSeconds(3);

  private record Upgrade(Predicate<String> path, Handler<HttpServerRequest> handler) {}

  private final HttpServers servers;
  private final List<Upgrade> upgrades = new ArrayList<>();
  private @Nullable Router router;
  private volatile @Nullable HttpServer server;

  HttpServerVerticle(HttpServers servers) {
    this.servers = servers;
  }

  @Override
  public Future<?> start() {
    Router created = Router.router(vertx);
    router = created;
    FailureHandler.install(created, () -> servers.notFound("there is nothing at this path"));
    HeaderTimeouts headerTimeouts =
        new HeaderTimeouts(servers.config().headerTimeout().toNanos(), servers.headerTimeouts());
    servers.join(this).forEach(routes -> routes.mount(this));
    HttpServer listening =
        vertx
            .createHttpServer(HttpLimits.of(servers.config(), servers.maxFrame()))
            .connectionHandler(
                connection -> {
                  NettyPipelines.limitReads(connection);
                  headerTimeouts.watch(connection);
                })
            .requestHandler(this::handle)
            .invalidRequestHandler(FailureHandler::unreadable);
    server = listening;
    vertx.setPeriodic(HeaderTimeouts.CHECK_MS, timer -> headerTimeouts.closeExpired());
    return listening.listen(servers.bindPort(), servers.config().host());
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
        ignored -> {
          try {
            routes.mount(this);
            done.complete();
          } catch (RuntimeException e) {
            done.fail(e);
          }
        });
    return done.future();
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
    if (router == null) {
      throw new IllegalStateException("the loop has not started");
    }
    return router;
  }

  @Override
  public void upgrades(Predicate<String> path, Handler<HttpServerRequest> handler) {
    upgrades.add(new Upgrade(path, handler));
  }

  private void handle(HttpServerRequest request) {
    // A router would wrap the request, and a wrapped one can't be upgraded to a bare WebSocket.
    if (request.headers().contains(HttpHeaders.UPGRADE, HttpHeaders.WEBSOCKET, true)) {
      upgrade(request);
    } else {
      router().handle(request);
    }
  }

  private void upgrade(HttpServerRequest request) {
    String path = request.path();
    for (Upgrade upgrade : upgrades) {
      if (path != null && upgrade.path.test(path)) {
        try {
          upgrade.handler.handle(request);
        } catch (RuntimeException e) {
          FailureHandler.answer(request, e);
        }
        return;
      }
    }
    ProblemResponses.send(request, servers.notFound("there is no WebSocket at this path"));
  }
}
