package io.ovation.http.body;

import io.ovation.http.problem.ProblemException;
import io.ovation.http.problem.ProblemResponses;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads the JSON bodies of one event loop's requests, each bounded in size and time. Used on that
 * loop only. One timer serves all bodies, and runs only while some are incomplete.
 */
public final class JsonBodies {

  /**
   * 64 KiB in 10 s is 52 kbit/s; a slower client is stuck, or keeps connections busy on purpose.
   */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final Vertx vertx;
  private final int limit;
  private final long patienceMs;

  /** In the order of their deadlines. */
  private final Set<BodyCollector> incomplete = new LinkedHashSet<>();

  private boolean timing;

  /**
   * @param limit bytes of a body ({@code http.body_limit})
   */
  public JsonBodies(Vertx vertx, long limit) {
    this(vertx, limit, PATIENCE);
  }

  JsonBodies(Vertx vertx, long limit, Duration patience) {
    this.vertx = vertx;
    this.limit = Math.toIntExact(limit);
    this.patienceMs = patience.toMillis();
  }

  /**
   * Reads the body as one JSON object. Must be called before the request's handler returns. Fails
   * with {@link ProblemException}: 400, 408, 413 or 415. Does not complete if the client leaves.
   */
  public Future<Map<String, @Nullable Object>> json(HttpServerRequest request) {
    BodyCollector body = new BodyCollector(this, request);
    return body.read().map(this::object);
  }

  int limit() {
    return limit;
  }

  Vertx vertx() {
    return vertx;
  }

  /** Starts the deadline of {@code body}. */
  void began(BodyCollector body) {
    body.deadline = now() + patienceMs;
    incomplete.add(body);
    if (!timing) {
      timing = true;
      schedule();
    }
  }

  void ended(BodyCollector body) {
    incomplete.remove(body);
  }

  private Map<String, @Nullable Object> object(Buffer json) {
    return StrictJsonReader.object(json.getBytes(), limit);
  }

  private void schedule() {
    vertx.setTimer(Math.max(1, patienceMs / 4), ignored -> expire());
  }

  private void expire() {
    long now = now();
    for (Iterator<BodyCollector> it = incomplete.iterator(); it.hasNext(); ) {
      BodyCollector body = it.next();
      if (body.deadline > now) {
        break;
      }
      it.remove();
      body.refuse(ProblemResponses.tooSlow(Math.max(1, patienceMs / 1000)));
    }
    timing = !incomplete.isEmpty();
    if (timing) {
      schedule();
    }
  }

  private static long now() {
    return System.nanoTime() / 1_000_000;
  }
}
