package io.ovation.testkit;

import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Reactions that keep coming by HTTP, each call sent once. What was answered 202 must count; what
 * was not answered may. Some calls at a time per node; a node that is dead is left out.
 */
public final class HttpReactionLoad implements AutoCloseable {
  private static final int CALLERS = 4;

  private final List<NodeProcess> nodes;
  private final List<String> streams;
  private final String kind;
  private final int count;
  private final ExecutorService callers = Executors.newCachedThreadPool();
  private final Map<String, AtomicLong> accepted = new ConcurrentHashMap<>();
  private final Map<String, AtomicLong> unanswered = new ConcurrentHashMap<>();
  private final AtomicLong calls = new AtomicLong();
  private volatile boolean closed;

  private HttpReactionLoad(List<NodeProcess> nodes, List<String> streams, String kind, int count) {
    this.nodes = nodes;
    this.streams = streams;
    this.kind = kind;
    this.count = count;
    for (String stream : streams) {
      accepted.put(stream, new AtomicLong());
      unanswered.put(stream, new AtomicLong());
    }
  }

  /**
   * @param count of each call
   */
  public static HttpReactionLoad start(
      List<NodeProcess> nodes, List<String> streams, String kind, int count) {
    HttpReactionLoad reactor = new HttpReactionLoad(nodes, streams, kind, count);
    for (int caller = 0; caller < CALLERS * nodes.size(); caller++) {
      NodeProcess node = nodes.get(caller % nodes.size());
      reactor.callers.execute(() -> reactor.call(node));
    }
    return reactor;
  }

  private void call(NodeProcess node) {
    while (!closed && node.alive()) {
      String stream = streams.get((int) (calls.getAndIncrement() % streams.size()));
      JsonObject body =
          new JsonObject().put("user", "reactor").put("kind", kind).put("count", count);
      // Counted as unanswered until it is answered.
      add(unanswered, stream, count);
      try {
        Api.Answer answer = node.api().postAsync("/streams/" + stream + "/reactions", body).join();
        if (answer.status() == 202) {
          add(accepted, stream, count);
          add(unanswered, stream, -count);
        } else if (answer.status() / 100 == 4) {
          add(unanswered, stream, -count);
        }
      } catch (RuntimeException noAnswer) {
        Await.pass(Duration.ofMillis(50));
      }
    }
  }

  private static void add(Map<String, AtomicLong> counts, String stream, long more) {
    counts.computeIfAbsent(stream, s -> new AtomicLong()).addAndGet(more);
  }

  public void awaitMore(long reactions, Duration limit) {
    long until = total() + reactions;
    Await.until(() -> total() + " reactions to reach " + until, limit, () -> total() >= until);
  }

  public long total() {
    return accepted.values().stream().mapToLong(AtomicLong::get).sum();
  }

  /** Of a stream, answered 202. */
  public long accepted(String stream) {
    return accepted.getOrDefault(stream, new AtomicLong()).get();
  }

  /** Of a stream, not answered or answered 5xx: these may or may not count. */
  public long unanswered(String stream) {
    return unanswered.getOrDefault(stream, new AtomicLong()).get();
  }

  /** Sends nothing more; returns when the last call is answered. */
  public void finish() {
    closed = true;
    callers.shutdown();
    Await.until("the last answers", Duration.ofSeconds(40), callers::isTerminated);
  }

  @Override
  public void close() {
    closed = true;
    callers.shutdownNow();
  }
}
