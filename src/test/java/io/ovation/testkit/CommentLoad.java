package io.ovation.testkit;

import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongFunction;

/**
 * Comments that keep coming, as clients send them that do not give up: each with an id of its own,
 * tried again with the same id until 202. At most {@value #OUTSTANDING} are on their way at a time;
 * while that many are, no new one is begun. Texts say when they were sent, as a {@link Crowd} reads
 * it.
 */
public final class CommentLoad implements AutoCloseable {
  private static final int OUTSTANDING = 64;
  private static final Duration RETRY_PAUSE = Duration.ofMillis(200);

  /** Ids are remembered: what a failed run of a test left must not count in the next. */
  private final String prefix = Long.toString(System.nanoTime(), 36);

  private final LongFunction<Api> targets;
  private final List<String> streams;
  private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
  private final Semaphore outstanding = new Semaphore(OUTSTANDING);

  /** Stream → id → when it was sent and accepted. */
  private final Map<String, Map<String, Times>> accepted = new ConcurrentHashMap<>();

  private final AtomicLong begun = new AtomicLong();
  private final AtomicLong retries = new AtomicLong();
  private final AtomicReference<Api.Answer> refused = new AtomicReference<>();

  private volatile boolean finishing;

  /**
   * When a comment was first sent and when it was answered 202, in nanoseconds of the monotonic
   * clock.
   */
  public record Times(long sent, long accepted) {}

  private CommentLoad(LongFunction<Api> targets, List<String> streams) {
    this.targets = targets;
    this.streams = streams;
    streams.forEach(stream -> accepted.put(stream, new ConcurrentHashMap<>()));
  }

  /** Starts {@code perSecond} comments, round the streams and round the nodes. */
  public static CommentLoad start(List<NodeProcess> nodes, List<String> streams, int perSecond) {
    List<Api> apis = nodes.stream().map(NodeProcess::api).toList();
    return start(turn -> apis.get((int) (turn % apis.size())), streams, perSecond);
  }

  /** The same to nodes that are ready. */
  public static CommentLoad start(Balancer balancer, List<String> streams, int perSecond) {
    return start(turn -> new Api(balancer.pick()), streams, perSecond);
  }

  private static CommentLoad start(LongFunction<Api> targets, List<String> streams, int perSecond) {
    CommentLoad load = new CommentLoad(targets, streams);
    long nanos = Duration.ofSeconds(1).toNanos() / perSecond;
    var unused = load.clock.scheduleAtFixedRate(load::next, 0, nanos, TimeUnit.NANOSECONDS);
    return load;
  }

  private void next() {
    if (!finishing && outstanding.tryAcquire()) {
      long n = begun.getAndIncrement();
      attempt(n, 0, System.nanoTime());
    }
  }

  /**
   * @param at when it was sent first: a retry has the same text, as the same comment must
   */
  private void attempt(long n, int tries, long at) {
    String stream = streams.get((int) (n % streams.size()));
    // A retry goes elsewhere, as through a load balancer.
    Api api = targets.apply(n / streams.size() + n + tries);
    JsonObject body =
        new JsonObject()
            .put("user", "u" + n % 50)
            .put("text", "text %d @%019d".formatted(n, at))
            .put("id", id(n));
    CompletableFuture<Api.Answer> answer = api.comment(stream, body);
    var unused =
        answer.whenComplete(
            (got, failure) -> {
              if (failure == null && got.status() == 202) {
                Times times = new Times(at, System.nanoTime());
                accepted.getOrDefault(stream, Map.of()).put(id(n), times);
                outstanding.release();
              } else if (failure == null && forGood(got.status())) {
                refused.set(got); // Its place is never given back, so that finish() fails.
              } else {
                retries.incrementAndGet();
                again(n, tries + 1, at);
              }
            });
  }

  /** 408: a test that stood still between a request's head and its body. */
  private static boolean forGood(int status) {
    return status / 100 == 4 && status != 429 && status != 408;
  }

  private String id(long n) {
    return prefix + "-" + n;
  }

  private void again(long n, int tries, long at) {
    var unused =
        clock.schedule(() -> attempt(n, tries, at), RETRY_PAUSE.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Begins nothing more; returns when all that was begun is accepted. */
  public void finish(Duration limit) {
    finishing = true;
    boolean done = false;
    try {
      done = outstanding.tryAcquire(OUTSTANDING, limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    clock.shutdownNow();
    if (!done) {
      int open = OUTSTANDING - outstanding.availablePermits();
      String last = refused.get() == null ? "" : "; refused for good: " + refused.get();
      throw new AssertionError(open + " comments not accepted, " + retries + " retries" + last);
    }
  }

  /** Waits until {@code count} more were accepted. */
  public void awaitMore(long count, Duration limit) {
    long until = total() + count;
    Await.until(() -> this + " to reach " + until, limit, () -> total() >= until);
  }

  public long total() {
    return accepted.values().stream().mapToLong(Map::size).sum();
  }

  /** What was answered 202 so far. */
  public Set<String> accepted(String stream) {
    return Set.copyOf(accepted.getOrDefault(stream, Map.of()).keySet());
  }

  /** What was answered 202 so far, by id. */
  public Map<String, Times> times(String stream) {
    return Map.copyOf(accepted.getOrDefault(stream, Map.of()));
  }

  public long retries() {
    return retries.get();
  }

  @Override
  public void close() {
    clock.shutdownNow();
  }

  @Override
  public String toString() {
    return "load (%d begun, %d accepted, %s retries)".formatted(begun.get(), total(), retries);
  }
}
