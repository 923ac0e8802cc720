package io.ovation.e2e;

import io.ovation.testkit.DispatchAndSupervise;
import io.ovation.testkit.Ports;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A webhook's receiver as docs/packages.md asks for one: its effect is bound to the package's id.
 * It takes some milliseconds and fails one request in ten.
 */
final class WebhookReceiver implements AutoCloseable {
  private static final int WORK_MS = 10;
  private static final int FAILS_ONE_IN = 10;

  final int port = Ports.free();

  /** When each package came first, in milliseconds since 1970. */
  final Map<String, Long> arrived = new ConcurrentHashMap<>();

  /** When each took effect. */
  final Map<String, Long> effects = new ConcurrentHashMap<>();

  /** Posted again after its effect: what an idempotent receiver is for. */
  final AtomicInteger repeats = new AtomicInteger();

  /** When it began to answer. */
  volatile long openedAt;

  private final Vertx vertx = Vertx.vertx();
  private final List<HttpServerRequest> held = new ArrayList<>();
  private boolean closed = true;

  WebhookReceiver() {
    HttpServer server = vertx.createHttpServer().requestHandler(this::posted);
    DispatchAndSupervise.await(server.listen(port, "127.0.0.1"));
  }

  String url() {
    return "http://127.0.0.1:" + port + "/work";
  }

  private synchronized void posted(HttpServerRequest request) {
    if (closed) {
      held.add(request);
    } else {
      work(request);
    }
  }

  /** Until now it answers nobody. */
  synchronized void open() {
    closed = false;
    openedAt = System.currentTimeMillis();
    held.forEach(request -> vertx.runOnContext(v -> work(request)));
    held.clear();
  }

  private void work(HttpServerRequest request) {
    String id = request.getHeader("webhook-id");
    arrived.putIfAbsent(id, System.currentTimeMillis());
    vertx.setTimer(
        WORK_MS,
        t -> {
          if (ThreadLocalRandom.current().nextInt(FAILS_ONE_IN) == 0) {
            request.response().setStatusCode(500).end();
          } else {
            if (effects.putIfAbsent(id, System.currentTimeMillis()) != null) {
              repeats.incrementAndGet();
            }
            request.response().end();
          }
        });
  }

  @Override
  public void close() {
    DispatchAndSupervise.await(vertx.close());
  }
}
