package io.ovation.testkit;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongFunction;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Where objects are asked for: {@code GET /objects/{id}}, answered after 0.3 to 4.3 s by {@code
 * {"id":N,"online":bool}} as {@code text/plain}, unless set otherwise. Remembers which was asked
 * for, and when. Faults are verbs. Thread-safe.
 */
public final class TestOrigin implements AutoCloseable {
  /** As the origins behave that this is for. */
  private static final int LEAST_MS = 300;

  private static final int MOST_MS = 4_300;

  private final Vertx vertx = Vertx.vertx();
  private final int port = Ports.free();
  private final Map<Long, ConcurrentLinkedQueue<Long>> asked = new ConcurrentHashMap<>();
  private final Map<Long, Long> answered = new ConcurrentHashMap<>();
  private final Map<Long, Long> saidOnline = new ConcurrentHashMap<>();
  private final AtomicInteger inFlight = new AtomicInteger();
  private final AtomicInteger peak = new AtomicInteger();
  private volatile int leastMs = LEAST_MS;
  private volatile int mostMs = MOST_MS;
  private volatile LongPredicate online = id -> true;
  private volatile LongFunction<@Nullable Reply> reply = id -> null;
  private volatile boolean holding;
  private final ConcurrentLinkedQueue<Runnable> held = new ConcurrentLinkedQueue<>();
  private @Nullable HttpServer server;

  /** An answer other than the usual one. */
  public record Reply(int status, String body) {}

  /** Starts it. */
  public TestOrigin() {
    up();
  }

  public String uri() {
    return "http://127.0.0.1:" + port;
  }

  /** Which objects are online; all are at first. */
  public TestOrigin online(LongPredicate ids) {
    online = ids;
    return this;
  }

  /** Answers after a random time between these. */
  public TestOrigin after(Duration least, Duration most) {
    leastMs = (int) least.toMillis();
    mostMs = (int) most.toMillis();
    return this;
  }

  /** Answers at once, as no origin does, where time is not what is tested. */
  public TestOrigin atOnce() {
    return after(Duration.ZERO, Duration.ZERO);
  }

  /** Answers what the function returns; the usual answer where it returns null. */
  public TestOrigin reply(LongFunction<@Nullable Reply> to) {
    reply = to;
    return this;
  }

  /** Requests from now on get no answer until {@link #release}. */
  public void hold() {
    holding = true;
  }

  public void release() {
    holding = false;
    for (Runnable answer = held.poll(); answer != null; answer = held.poll()) {
      answer.run();
    }
  }

  /** Refuses connections; those that are open break. */
  public synchronized void down() {
    if (server != null) {
      await(server.close());
      server = null;
    }
  }

  public synchronized void up() {
    if (server == null) {
      // Thousands connect at once.
      HttpServerOptions options = new HttpServerOptions().setAcceptBacklog(4_096);
      server = vertx.createHttpServer(options).requestHandler(this::ask);
      await(server.listen(port, "127.0.0.1"));
    }
  }

  private void ask(HttpServerRequest request) {
    long id = Long.parseLong(request.path().substring("/objects/".length()));
    asked.computeIfAbsent(id, i -> new ConcurrentLinkedQueue<>()).add(System.nanoTime());
    int now = inFlight.incrementAndGet();
    peak.accumulateAndGet(now, Math::max);
    boolean[] open = {true};
    request
        .response()
        .endHandler(
            v -> {
              // Whatever way it ends, once.
              if (open[0]) {
                open[0] = false;
                inFlight.decrementAndGet();
              }
            });
    if (holding) {
      var context = Objects.requireNonNull(Vertx.currentContext());
      held.add(() -> context.runOnContext(v -> answer(request, id)));
      return;
    }
    int delay = leastMs + ThreadLocalRandom.current().nextInt(mostMs - leastMs + 1);
    if (delay == 0) {
      answer(request, id);
    } else {
      vertx.setTimer(delay, t -> answer(request, id));
    }
  }

  private void answer(HttpServerRequest request, long id) {
    if (request.response().closed() || request.response().ended()) {
      return;
    }
    Reply other = reply.apply(id);
    answered.put(id, System.nanoTime());
    if (other == null && online.test(id)) {
      saidOnline.put(id, System.nanoTime());
    }
    request
        .response()
        .putHeader("content-type", "text/plain")
        .setStatusCode(other == null ? 200 : other.status())
        .end(
            other == null
                ? "{\"id\":" + id + ",\"online\":" + online.test(id) + "}"
                : other.body());
  }

  /** How often an object was asked for. */
  public int asked(long id) {
    ConcurrentLinkedQueue<Long> times = asked.get(id);
    return times == null ? 0 : times.size();
  }

  /** How often it was asked at all. */
  public int asked() {
    return asked.values().stream().mapToInt(ConcurrentLinkedQueue::size).sum();
  }

  public boolean wasAsked(long id) {
    return asked.containsKey(id);
  }

  /** Whether the object was asked for after this {@link System#nanoTime}. */
  public boolean askedSince(long id, long nanos) {
    ConcurrentLinkedQueue<Long> times = asked.get(id);
    return times != null && times.stream().anyMatch(time -> time - nanos > 0);
  }

  /** Whether an answer about an object left at or after that time ({@code System.nanoTime}). */
  public boolean answeredSince(long id, long nanos) {
    Long at = answered.get(id);
    return at != null && at - nanos >= 0;
  }

  /** When it was asked for and last answered, in milliseconds from that {@link System#nanoTime}. */
  public String describe(long id, long nanos) {
    Long last = answered.get(id);
    return String.format(
        "asked at %s ms, last answered at %s ms",
        asked.getOrDefault(id, new ConcurrentLinkedQueue<>()).stream()
            .map(at -> (at - nanos) / 1_000_000)
            .toList(),
        last == null ? "no" : (last - nanos) / 1_000_000);
  }

  /** Each object that was said to be online, and when last ({@code System.nanoTime}). */
  public Map<Long, Long> saidOnline() {
    return Map.copyOf(saidOnline);
  }

  /** Milliseconds between one question for an object and the next. */
  public List<Long> pauses(long id) {
    List<Long> times = List.copyOf(asked.getOrDefault(id, new ConcurrentLinkedQueue<>()));
    return java.util.stream.IntStream.range(1, times.size())
        .mapToObj(i -> (times.get(i) - times.get(i - 1)) / 1_000_000)
        .toList();
  }

  /** How many questions waited for an answer at the same time, at most. */
  public int peak() {
    return peak.get();
  }

  public int inFlight() {
    return inFlight.get();
  }

  private static <T> T await(Future<T> future) {
    try {
      return future.toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() {
    await(vertx.close());
  }
}
