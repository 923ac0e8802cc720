package io.ovation.http;

import io.ovation.config.Config;
import io.ovation.config.ConfigException;
import io.ovation.http.problem.Problem;
import io.ovation.http.problem.ProblemResponses;
import io.ovation.vertx.Contexts;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * A node's HTTP servers: one per event loop, all on one port. Vert.x distributes accepted
 * connections over them in turn. Roles may add routes before or after they listen. Methods may be
 * called from any thread.
 */
public final class HttpServers implements RouteRegistry {

  /** For a free port: Vert.x gives servers with the same negative number the same one. */
  private static final AtomicInteger FREE_PORT = new AtomicInteger(-1);

  private final Vertx vertx;
  private final Config.Http config;
  private final int maxFrame;
  private final int bindPort;

  // Guarded by this: a loop that starts while routes are added must get each of them once.
  private final List<Routes> mounted = new ArrayList<>();
  private final List<HttpServerVerticle> loops = new ArrayList<>();
  private @Nullable String deployment;
  private final LongAdder headerTimeouts = new LongAdder();
  private volatile boolean starting;

  /**
   * @param config {@code port} 0 picks a free one
   * @param maxFrame bytes of the longest WebSocket frame that is read
   */
  public HttpServers(Vertx vertx, Config.Http config, int maxFrame) {
    this.vertx = vertx;
    this.config = config;
    this.maxFrame = maxFrame;
    this.bindPort = config.port() == 0 ? FREE_PORT.getAndDecrement() : config.port();
  }

  /** Binds the port. If it fails, the message says what to do, and nothing is left open. */
  public Future<Void> listen() {
    DeploymentOptions perLoop = new DeploymentOptions().setInstances(Contexts.eventLoops(vertx));
    return vertx
        .deployVerticle(() -> new HttpServerVerticle(this), perLoop)
        .onSuccess(this::deployed)
        .<Void>mapEmpty()
        .recover(cause -> Future.failedFuture(explained(cause)));
  }

  @Override
  public Future<Void> mount(Routes routes) {
    List<HttpServerVerticle> running;
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

  /**
   * Stops accepting, gives requests in progress {@link HttpServerVerticle#CLOSE_PATIENCE} to
   * finish, then closes all connections. Idempotent.
   */
  public Future<Void> close() {
    String id;
    synchronized (this) {
      id = deployment;
      deployment = null;
    }
    return id == null ? Future.succeededFuture() : vertx.undeploy(id);
  }

  /** Registers a starting loop, which gets the routes added so far. */
  synchronized List<Routes> join(HttpServerVerticle loop) {
    loops.add(loop);
    return List.copyOf(mounted);
  }

  /**
   * While a node starts, its roles' routes are not added yet: requests for unknown paths are
   * answered 503 instead of 404.
   */
  public void starting(boolean now) {
    starting = now;
  }

  Problem notFound(String detail) {
    return starting
        ? Problem.unavailable("this node is starting; ask again in a moment", 1)
        : ProblemResponses.notFound(detail);
  }

  /** Counts connections that were closed because request headers were not complete in time. */
  public LongAdder headerTimeouts() {
    return headerTimeouts;
  }

  Config.Http config() {
    return config;
  }

  int maxFrame() {
    return maxFrame;
  }

  int bindPort() {
    return bindPort;
  }

  private synchronized void deployed(String id) {
    deployment = id;
  }

  private Throwable explained(Throwable cause) {
    // The native transport does not throw a BindException.
    if (!(cause instanceof IOException)) {
      return cause;
    }
    return new ConfigException(
        ("Cannot listen on %s:%d (%s). Another process may have the port: stop it, or set"
                + " http.port (OVATION_HTTP_PORT) or http.host (OVATION_HTTP_HOST).")
            .formatted(config.host(), config.port(), cause.getMessage()));
  }
}
