package io.ovation.chaos;

import io.ovation.testkit.Api;
import io.ovation.testkit.Balancer;
import io.ovation.testkit.TestOrigin;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Reactions, callbacks and packages, each sent once and never again: what was answered 2xx must
 * take effect, what was not may.
 */
final class SideLoad implements AutoCloseable {
  private static final int PERIOD_MS = 100;
  private static final int OBJECTS_PER_CALLBACK = 20;

  private final Balancer balancer;
  private final List<String> streams;
  private final TestOrigin origin;
  private final String run;
  private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
  private final AtomicInteger open = new AtomicInteger();
  private final Map<String, AtomicLong> reactions = new ConcurrentHashMap<>();
  private final Map<String, AtomicLong> unsureReactions = new ConcurrentHashMap<>();
  private final Map<Long, Long> objects = new ConcurrentHashMap<>();
  private final Map<String, Boolean> packages = new ConcurrentHashMap<>();
  private long turn;

  SideLoad(Balancer balancer, List<String> streams, TestOrigin origin, long seed) {
    this.balancer = balancer;
    this.streams = streams;
    this.origin = origin;
    this.run = Long.toString(seed, 36) + "-" + Long.toString(System.nanoTime(), 36);
    var unused = timer.scheduleAtFixedRate(this::next, PERIOD_MS, PERIOD_MS, TimeUnit.MILLISECONDS);
  }

  private void next() {
    turn++;
    react(streams.get((int) (turn % streams.size())));
    call();
    submit("chaos-" + run + "-" + turn);
  }

  private void react(String stream) {
    JsonObject body = new JsonObject().put("user", "r").put("kind", "like").put("count", 3);
    unsure(stream).addAndGet(3);
    post(
        "/streams/" + stream + "/reactions",
        body,
        status -> {
          if (status == 202) {
            reactions.computeIfAbsent(stream, s -> new AtomicLong()).addAndGet(3);
          }
          if (status == 202 || status / 100 == 4) {
            unsure(stream).addAndGet(-3);
          }
        });
  }

  private AtomicLong unsure(String stream) {
    return unsureReactions.computeIfAbsent(stream, s -> new AtomicLong());
  }

  private void call() {
    JsonArray ids = new JsonArray();
    long first = turn * OBJECTS_PER_CALLBACK;
    for (int i = 0; i < OBJECTS_PER_CALLBACK; i++) {
      ids.add(first + i);
    }
    long sent = System.nanoTime();
    post(
        "/callback",
        new JsonObject().put("object_ids", ids),
        status -> {
          if (status == 200) {
            ids.forEach(id -> objects.put((Long) id, sent));
          }
        });
  }

  private void submit(String id) {
    JsonObject body =
        new JsonObject().put("id", id).put("type", "log").put("payload", new JsonObject());
    post(
        "/packages",
        body,
        status -> {
          if (status == 202) {
            packages.put(id, true);
          }
        });
  }

  private void post(String path, JsonObject body, java.util.function.IntConsumer answered) {
    open.incrementAndGet();
    var unused =
        new Api(balancer.pick())
            .postAsync(path, body)
            .whenComplete(
                (answer, failure) -> {
                  if (answer != null) {
                    answered.accept(answer.status());
                  }
                  open.decrementAndGet();
                });
  }

  /** Sends nothing more. */
  void finish() {
    timer.shutdown();
  }

  /** What has not taken effect yet, in words; empty when all has. */
  List<String> missing() {
    List<String> missing = new ArrayList<>();
    if (open.get() > 0) {
      missing.add(open.get() + " calls are unanswered");
    }
    long unchecked =
        objects.entrySet().stream()
            .filter(object -> !origin.answeredSince(object.getKey(), object.getValue()))
            .count();
    if (unchecked > 0) {
      missing.add(unchecked + " of " + objects.size() + " accepted objects were never checked");
    }
    packages.keySet().removeIf(this::done);
    if (!packages.isEmpty()) {
      missing.add("packages accepted and not done: " + packages.keySet());
    }
    for (String stream : streams) {
      long least = reactions.getOrDefault(stream, new AtomicLong()).get();
      long most = least + unsure(stream).get();
      long total = total(stream);
      if (total < least || total > most) {
        missing.add(
            "%s has %d reactions, accepted were %d to %d".formatted(stream, total, least, most));
      }
    }
    return missing;
  }

  private boolean done(String id) {
    Api.Answer answer = new Api(balancer.pick()).get("/packages/" + id);
    return answer.status() == 200 && "done".equals(answer.json().getString("status"));
  }

  private long total(String stream) {
    Api.Answer answer = new Api(balancer.pick()).get("/streams/" + stream);
    return answer.status() == 200
        ? answer.json().getJsonObject("reactions").getLong("like", 0L)
        : -1;
  }

  String summary() {
    long likes = reactions.values().stream().mapToLong(AtomicLong::get).sum();
    return "%d reactions, %d objects, %d packages submitted".formatted(likes, objects.size(), turn);
  }

  @Override
  public void close() {
    timer.shutdownNow();
  }
}
