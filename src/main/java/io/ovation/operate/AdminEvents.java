package io.ovation.operate;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.ovation.async.Futures;
import io.ovation.http.HttpEventLoop;
import io.ovation.http.Routes;
import io.ovation.http.body.JsonText;
import io.ovation.http.problem.EventStreams;
import io.ovation.http.problem.Problem;
import io.ovation.metrics.Metrics;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code /admin/events}: sends a report of the cluster to the operators' pages every 2 s, as
 * server-sent events. One report is made for all pages of this node, and none while no page is
 * open. A page that reads slowly is sent the next report that it has room for.
 */
public final class AdminEvents implements Routes {
  private static final Logger log = LoggerFactory.getLogger(AdminEvents.class);
  private static final long EVERY_MS = 2_000;
  private static final int MAX_PAGES = 32;

  private final Vertx vertx;
  private final Supplier<Future<JsonObject>> report;

  // Guarded by this.
  private final Set<HttpServerResponse> pages = new HashSet<>();
  private @Nullable Buffer newest;
  private boolean running;
  private boolean closed;

  /**
   * @param report asks the whole cluster
   */
  public AdminEvents(Vertx vertx, Supplier<Future<JsonObject>> report, Metrics metrics) {
    this.vertx = vertx;
    this.report = report;
    metrics.gauge(
        "ovation.operate.pages", "Open pages of operators, at most 32", this, AdminEvents::open);
  }

  @Override
  public void mount(HttpEventLoop loop) {
    loop.router()
        .route("/admin/events")
        .method(HttpMethod.GET)
        .method(HttpMethod.HEAD)
        .handler(this::open);
  }

  private synchronized int open() {
    return pages.size();
  }

  private synchronized void open(RoutingContext ctx) {
    if (closed || pages.size() >= MAX_PAGES) {
      String why = "this node is stopping, or serves as many operators' pages as it may (%d)";
      ctx.fail(Problem.unavailable(why.formatted(MAX_PAGES), 5).exception());
      return;
    }
    HttpServerResponse response = ctx.response();
    response
        .putHeader(HttpHeaders.CONTENT_TYPE, EventStreams.MEDIA_TYPE)
        .putHeader(HttpHeaders.CACHE_CONTROL, EventStreams.CACHE_CONTROL);
    if (ctx.request().method().equals(HttpMethod.HEAD)) {
      response.end();
      return;
    }
    response.setChunked(true).closeHandler(v -> remove(response));
    pages.add(response);
    response.write(running && newest != null ? newest : Buffer.buffer(":\n\n"));
    if (!running) {
      running = true;
      vertx.runOnContext(v -> next());
    }
  }

  private synchronized void remove(HttpServerResponse page) {
    pages.remove(page);
  }

  /** Makes a report and re-arms itself, whatever becomes of it, while a page is open. */
  private void next() {
    synchronized (this) {
      if (pages.isEmpty()) {
        running = false;
        newest = null;
        return;
      }
    }
    Futures.attempt(report)
        .onSuccess(this::send)
        .onFailure(
            e -> log.warn("the operators' page was not updated; trying again: {}", e.toString()))
        .onComplete(done -> vertx.setTimer(EVERY_MS, t -> next()));
  }

  private synchronized void send(JsonObject json) {
    Buffer event = Buffer.buffer(("data: " + JsonText.encode(json) + "\n\n").getBytes(UTF_8));
    newest = event;
    for (HttpServerResponse page : pages) {
      if (!page.writeQueueFull()) {
        page.write(event);
      }
    }
  }

  /** Ends all pages, so that the port need not wait for them. */
  public synchronized Future<Void> close() {
    closed = true;
    Set.copyOf(pages).forEach(HttpServerResponse::end);
    return Future.succeededFuture();
  }
}
