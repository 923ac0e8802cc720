package io.ovation.ingress;

import io.ovation.config.Config;
import io.ovation.http.HealthRoutes;
import io.ovation.http.HttpFront;
import io.ovation.http.Readiness;
import io.ovation.http.WebFiles;
import io.ovation.live.proto.CommentRequest;
import io.ovation.metrics.Metrics;
import io.ovation.testkit.Ports;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** The HTTP side of a node, with a queue that does as it is told. */
final class TestNode implements AutoCloseable {
  static final int BODY_LIMIT = 64 * 1024;
  static final int IN_FLIGHT = 20;

  final int port = Ports.free();
  final Queue<CommentRequest> enqueued = new ConcurrentLinkedQueue<>();
  final Readiness readiness = new Readiness();

  /** What the queue says to each comment. */
  volatile Function<CommentRequest, Future<String>> queue =
      request -> Future.succeededFuture(request.getId());

  /** How many watch a stream. */
  volatile Function<String, Future<Long>> viewers = stream -> Future.succeededFuture(0L);

  private final Vertx vertx = Vertx.vertx();

  TestNode() throws Exception {
    Config.Http http = new Config.Http("127.0.0.1", port, BODY_LIMIT, Duration.ofSeconds(60));
    Metrics metrics = new Metrics();
    HttpFront front = new HttpFront(vertx, http, BODY_LIMIT);
    CommentIntake intake =
        new CommentIntake(
            this::enqueue, new Config.Ingress(IN_FLIGHT), "local", InstantSource.system(), metrics);
    front.mount(new WebFiles());
    front.mount(new HealthRoutes(readiness, metrics));
    IngressVerticle ingress =
        new IngressVerticle(front, http, intake, stream -> viewers.apply(stream));
    vertx.deployVerticle(ingress).compose(ignored -> front.listen()).await(10, TimeUnit.SECONDS);
  }

  private Future<String> enqueue(CommentRequest request) {
    enqueued.add(request);
    return queue.apply(request);
  }

  @Override
  public void close() throws Exception {
    vertx.close().await(10, TimeUnit.SECONDS);
  }
}
