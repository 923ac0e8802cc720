package io.ovation.http.body;

import io.ovation.async.InFlightLimiter;
import io.ovation.http.problem.Problem;
import io.ovation.http.problem.ProblemException;
import io.ovation.vertx.RequestGuard;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;
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

  /** JSON's own type, and those that curl and other clients send by default. */
  private static final Set<String> JSON_TYPES =
      Set.of("application/json", "text/plain", "application/x-www-form-urlencoded");

  /** ASCII is a part of it. */
  private static final Set<String> UTF_8 = Set.of("utf-8", "utf8", "us-ascii");

  private static final int BUSY_RETRY_SECONDS = 5;
  private static final String BUSY =
      "body: this node is receiving as many bytes of bodies as it takes (http.bodies_limit);"
          + " nothing was taken: send it again later";

  /** Closing a connection with unread bytes resets it, and the client may lose the answer. */
  private static final long LINGER_MS = 2000;

  /** Times {@code limit}: of a body up to this size, the id is looked for. */
  private static final int TOO_LARGE_READ = 4;

  static final long ID_WAIT_MS = 250;

  private final Vertx vertx;
  private final int limit;
  private final InFlightLimiter budget;
  private final Runnable overBudget;
  private final Duration patience;

  /** In the order of their deadlines. */
  private final Set<Body> incomplete = new LinkedHashSet<>();

  private boolean timing;

  /**
   * @param limit bytes of a body ({@code http.body_limit})
   * @param budget bytes of all bodies that are being received ({@code http.bodies_limit})
   * @param overBudget called for each body that is refused because of it
   */
  public JsonBodies(Vertx vertx, long limit, InFlightLimiter budget, Runnable overBudget) {
    this(vertx, limit, budget, overBudget, PATIENCE);
  }

  JsonBodies(
      Vertx vertx, long limit, InFlightLimiter budget, Runnable overBudget, Duration patience) {
    this.vertx = vertx;
    this.limit = Math.toIntExact(limit);
    this.budget = budget;
    this.overBudget = overBudget;
    this.patience = patience;
  }

  /**
   * Reads the body as one JSON object. Must be called before the request's handler returns. Fails
   * with {@link ProblemException}: 400, 408, 413, 415 or 429. Does not complete if the client
   * leaves. Either way, {@link MessageIds#of} knows the id then.
   */
  public Future<Map<String, @Nullable Object>> json(RoutingContext ctx) {
    return new Body(ctx, limit, TOO_LARGE_READ * (long) limit, 0)
        .readJson()
        .map(json -> parse(ctx, json.getBytes()));
  }

  /**
   * Reads the body of any type, which anybody may send, within the same bounds; it leaves half of
   * the budget to those who had to show a token. Must be called before the request's handler
   * returns.
   *
   * @param most bytes
   */
  public Future<Buffer> bytes(RoutingContext ctx, long most) {
    return new Body(ctx, most, most, budget.limit() / 2).read();
  }

  private Map<String, @Nullable Object> parse(RoutingContext ctx, byte[] json) {
    try {
      Map<String, @Nullable Object> body = StrictJsonReader.object(json, limit);
      MessageIds.keep(ctx, body.get("id"));
      return body;
    } catch (ProblemException damaged) {
      MessageIds.keep(ctx, MessageIds.find(json));
      throw damaged;
    }
  }

  /** Why a body is refused for its {@code Content-Encoding}; null if it is not. */
  public static @Nullable Problem encodingRefusal(HttpServerRequest request) {
    for (String encoding : request.headers().getAll(HttpHeaders.CONTENT_ENCODING)) {
      if (!encoding.strip().equalsIgnoreCase("identity")) {
        request.response().putHeader(HttpHeaders.ACCEPT_ENCODING, "identity");
        String why = "Content-Encoding: bodies are taken as they are; send this one uncompressed";
        return new Problem(415, "unsupported_media_type", "Content-Encoding", why);
      }
    }
    return null;
  }

  static long contentLength(HttpServerRequest request) {
    String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
    try {
      return length == null ? 0 : Long.parseLong(length);
    } catch (NumberFormatException e) {
      return Long.MAX_VALUE;
    }
  }

  private void expireLater() {
    timing = !incomplete.isEmpty();
    if (timing) {
      vertx.setTimer(Math.max(1, patience.toMillis() / 4), ignored -> expire());
    }
  }

  private void expire() {
    long now = System.nanoTime();
    String why = "body: did not arrive within %d s; send it again as a whole";
    Problem tooSlow = new Problem(408, "too_slow", "body", why.formatted(patience.toSeconds()), 0);
    for (Body body : Set.copyOf(incomplete)) {
      if (body.deadline - now <= 0) {
        body.refuse(tooSlow);
      }
    }
    expireLater();
  }

  /**
   * One request's body. A refused request is answered at once; what the client still sends is
   * discarded for a short time, so that it can read the answer, and then the connection is closed.
   */
  private final class Body {
    private final RoutingContext ctx;
    private final long limit;
    private final long readLimit;
    private final int reserved;
    private final HttpServerRequest request;
    private final Promise<Buffer> done = Promise.promise();
    private final long deadline = System.nanoTime() + patience.toNanos();
    private @Nullable Buffer received;
    private boolean tooLarge;
    private boolean finished;
    private boolean refused;

    /**
     * @param readLimit bytes up to which a body that is too large is read, for its id
     * @param reserved bytes of the budget that it leaves to others
     */
    Body(RoutingContext ctx, long limit, long readLimit, int reserved) {
      this.ctx = ctx;
      this.limit = limit;
      this.readLimit = readLimit;
      this.reserved = reserved;
      this.request = ctx.request();
    }

    Future<Buffer> readJson() {
      if (isJson(request.getHeader(HttpHeaders.CONTENT_TYPE))) {
        return read();
      }
      String why = "Content-Type: this endpoint takes JSON in UTF-8; send application/json";
      listen();
      refuse(new Problem(415, "unsupported_media_type", "Content-Type", why));
      return done.future();
    }

    Future<Buffer> read() {
      listen();
      Problem encoded = encodingRefusal(request);
      if (encoded != null) {
        refuse(encoded);
      } else {
        begin("100-continue".equalsIgnoreCase(request.getHeader(HttpHeaders.EXPECT)));
      }
      return done.future();
    }

    private void listen() {
      request.handler(this::append);
      request.endHandler(ignored -> end());
      request.exceptionHandler(ignored -> finish());
      RequestGuard.onDamagedBody(request, this::damaged);
    }

    private void begin(boolean asksFirst) {
      long length = contentLength(request);
      if (length > (asksFirst ? limit : readLimit)) {
        refuse(Problem.tooLarge(limit));
        return;
      }
      incomplete.add(this);
      if (!timing) {
        expireLater();
      }
      if (length > limit) {
        tooLarge();
      } else if (asksFirst) {
        request.response().writeContinue();
      }
    }

    /** Refuses the body, but first reads on for a moment: the id may be in what comes. */
    private void tooLarge() {
      if (!tooLarge) {
        tooLarge = true;
        vertx.setTimer(ID_WAIT_MS, ignored -> refuse(Problem.tooLarge(limit)));
      }
    }

    private boolean damaged() {
      boolean answers = !finished;
      // Nothing that comes is read, so there is nothing to wait for.
      ctx.addEndHandler(answered -> request.connection().close());
      refuse(
          Problem.invalid("body", "has a chunk that is not as HTTP/1.1 says; nothing was taken"));
      return answers;
    }

    /** Fails the read, and closes the connection after the answer. */
    void refuse(Problem problem) {
      if (finished) {
        return;
      }
      if (received != null) {
        MessageIds.keep(ctx, MessageIds.find(received.getBytes()));
      }
      finish();
      if (!request.isEnded()) {
        refused = true;
        request.response().putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
        vertx.setTimer(LINGER_MS, ignored -> request.connection().close());
      }
      done.fail(problem.exception());
    }

    private void append(Buffer chunk) {
      if (finished) {
        return;
      }
      int length = chunk.length() + (received == null ? 0 : received.length());
      if (length > readLimit) {
        refuse(Problem.tooLarge(limit));
      } else if (!budget.takeLeaving(reserved, chunk.length())) {
        overBudget.run();
        refuse(Problem.busy(BUSY, ThreadLocalRandom.current().nextInt(1, BUSY_RETRY_SECONDS + 1)));
      } else {
        received = received == null ? chunk : received.appendBuffer(chunk);
        if (length > limit) {
          tooLarge();
        }
      }
    }

    private void end() {
      if (refused) {
        request.connection().close();
      } else if (tooLarge) {
        refuse(Problem.tooLarge(limit));
      } else if (!finished) {
        Buffer body = received == null ? Buffer.buffer() : received;
        finish();
        done.complete(body);
      }
    }

    private void finish() {
      finished = true;
      if (received != null) {
        budget.giveBack(received.length());
        received = null;
      }
      incomplete.remove(this);
    }

    private static boolean isJson(@Nullable String contentType) {
      if (contentType == null) {
        return true;
      }
      String[] parts = contentType.toLowerCase(Locale.ROOT).split(";");
      return JSON_TYPES.contains(parts[0].strip())
          && Stream.of(parts)
              .map(String::strip)
              .filter(part -> part.startsWith("charset="))
              .allMatch(part -> UTF_8.contains(part.substring(8).replace("\"", "")));
    }
  }
}
