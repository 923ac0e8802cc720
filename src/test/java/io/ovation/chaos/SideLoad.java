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
import java.util.concurrent.CopyOnWriteArrayList;
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
  private final Timeline timeline;
  private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
  private final AtomicInteger open = new AtomicInteger();
  private final Map<String, AtomicLong> reactions = new ConcurrentHashMap<>();
  private final Map<String, AtomicLong> unsureReactions = new ConcurrentHashMap<>();
  private final Map<Long, Long> objects = new ConcurrentHashMap<>();

  /** Package → when it was accepted, in microseconds since the epoch. */
  private final Map<String, Long> packages = new ConcurrentHashMap<>();

  /** Reactions that a store without its last second may have forgotten. */
  private final Map<String, List<Long>> acceptedAt = new ConcurrentHashMap<>();

  private long turn;

  SideLoad(
      Balancer balancer, List<String> streams, TestOrigin origin, long seed, Timeline timeline) {
    this.balancer = balancer;
    this.streams = streams;
    this.origin = origin;
    this.timeline = timeline;
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
    JsonObject body =
        new JsonObject()
            .put("user", "r")
            .put("kind", "like")
            .put("count", 3)
            .put("id", "r-" + run + "-" + turn);
    unsure(stream).addAndGet(3);
    post(
        "/streams/" + stream + "/reactions",
        body,
        status -> {
          if (status == 202) {
            reactions.computeIfAbsent(stream, s -> new AtomicLong()).addAndGet(3);
            acceptedAt
                .computeIfAbsent(stream, s -> new CopyOnWriteArrayList<>())
                .add(Timeline.nowMicros());
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
            packages.put(id, Timeline.nowMicros());
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
    packages.keySet().stream()
        .map(id -> "package " + id + " was accepted and is not done: " + status(id))
        .limit(10)
        .forEach(missing::add);
    for (String stream : streams) {
      long accepted = reactions.getOrDefault(stream, new AtomicLong()).get();
      long most = accepted + unsure(stream).get();
      long least = accepted - 3 * forgotten(stream);
      long total = total(stream);
      if (total < least || total > most) {
        missing.add(
            "%s has %d reactions, accepted were %d to %d".formatted(stream, total, least, most));
      }
    }
    return missing;
  }

  private long forgotten(String stream) {
    return acceptedAt.getOrDefault(stream, List.of()).stream().filter(timeline::mayBeLost).count();
  }

  /** Or it was, and the store lost its outcome with its last second. */
  private boolean done(String id) {
    Api.Answer answer = status(id);
    String status = answer.status() == 200 ? answer.json().getString("status") : "";
    boolean outcomeLost = answer.status() == 404 || "processing".equals(status);
    return "done".equals(status)
        || (outcomeLost && timeline.mayBeLost(packages.getOrDefault(id, 0L)));
  }

  private Api.Answer status(String id) {
    return new Api(balancer.pick()).get("/packages/" + id);
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
