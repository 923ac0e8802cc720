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
 * One {@code HttpServer} per event loop, all on one port; Vert.x deals accepted connections out to
 * them in turn. Roles mount their routes before or after it listens. Methods may be called from any
 * thread.
 */
public final class HttpServers implements RouteRegistry {

  /** Vert.x shares a free port among servers that ask for the same negative number. */
  private static final AtomicInteger FREE_PORT = new AtomicInteger(-1);

  private final Vertx vertx;
  private final Config.Http config;
  private final int maxFrame;
  private final int bindPort;

  // Guarded by this: a loop that starts while roles mount must miss none and mount none twice.
  private final List<Routes> mounted = new ArrayList<>();
  private final List<HttpServerVerticle> loops = new ArrayList<>();
  private @Nullable String deployment;
  private final LongAdder lateHeads = new LongAdder();
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

  /** Binds the port. Fails, with what to do about it, when it can't; then nothing is left open. */
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

  /** The port it listens on; 0 before it does. */
  public synchronized int port() {
    return loops.isEmpty() ? 0 : loops.get(0).port();
  }

  /**
   * Stops accepting, gives requests under way {@link HttpServerVerticle#CLOSE_PATIENCE} to finish,
   * then closes every connection. Idempotent.
   */
  public Future<Void> close() {
    String id;
    synchronized (this) {
      id = deployment;
      deployment = null;
    }
    return id == null ? Future.succeededFuture() : vertx.undeploy(id);
  }

  /** A starting loop announces itself, on its own thread, and gets what is mounted so far. */
  synchronized List<Routes> join(HttpServerVerticle loop) {
    loops.add(loop);
    return List.copyOf(mounted);
  }

  /**
   * While a node starts its roles' paths are not there yet: whoever asks for one is told to come
   * back, not that it does not exist.
   */
  public void starting(boolean now) {
    starting = now;
  }

  Problem miss(String detail) {
    return starting
        ? Problem.unavailable("this node is starting; ask again in a moment", 1)
        : ProblemResponses.notFound(detail);
  }

  /** How many connections were closed because a request's head was not complete in time. */
  public LongAdder lateHeads() {
    return lateHeads;
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
    // With the native transport it is no BindException.
    if (!(cause instanceof IOException)) {
      return cause;
    }
    return new ConfigException(
        ("Cannot listen on %s:%d (%s). Another process may have the port: stop it, or set"
                + " http.port (OVATION_HTTP_PORT) or http.host (OVATION_HTTP_HOST).")
            .formatted(config.host(), config.port(), cause.getMessage()));
  }
}
