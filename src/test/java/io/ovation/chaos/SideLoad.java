package io.ovation.chaos;

import io.ovation.testkit.Api;
import io.ovation.testkit.Balancer;
import io.ovation.testkit.TestOrigin;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;

/**
 * Reactions, callbacks and packages, each sent once and never again: what was answered 2xx must
 * take effect, what was not may.
 */
final class SideLoad implements AutoCloseable {
  private static final int PERIOD_MS = 100;
  private static final int OBJECTS_PER_CALLBACK = 20;

  /** Reactions in a post. */
  private static final long EACH = 3;

  private static final int SHOWN = 10;

  private final Balancer balancer;
  private final List<String> streams;
  private final TestOrigin origin;
  private final String run;
  private final Timeline timeline;
  private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();

  /** Calls without an answer so far. */
  private final Set<String> open = ConcurrentHashMap.newKeySet();

  /** Stream → id of a post of reactions → when it was accepted, in microseconds since the epoch. */
  private final Map<String, Map<String, Long>> reactions = new ConcurrentHashMap<>();

  /** Stream → ids of posts that may have taken effect. */
  private final Map<String, Set<String>> unsureReactions = new ConcurrentHashMap<>();

  private final Map<Long, Long> objects = new ConcurrentHashMap<>();

  /** Package → when it was accepted, in microseconds since the epoch. */
  private final Map<String, Long> packages = new ConcurrentHashMap<>();

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
    String id = "r-" + run + "-" + turn;
    JsonObject body =
        new JsonObject().put("user", "r").put("kind", "like").put("count", EACH).put("id", id);
    Set<String> unsure =
        unsureReactions.computeIfAbsent(stream, s -> ConcurrentHashMap.newKeySet());
    unsure.add(id);
    post(
        "/streams/" + stream + "/reactions",
        id,
        body,
        status -> {
          if (status == 202) {
            reactions
                .computeIfAbsent(stream, s -> new ConcurrentHashMap<>())
                .put(id, Timeline.nowMicros());
          }
          if (status == 202 || status / 100 == 4) {
            unsure.remove(id);
          }
        });
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
        "of objects from " + first,
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
        id,
        body,
        status -> {
          if (status == 202) {
            packages.put(id, Timeline.nowMicros());
          }
        });
  }

  private void post(String path, String what, JsonObject body, IntConsumer answered) {
    String call = path + " " + what;
    open.add(call);
    var unused =
        new Api(balancer.pick())
            .postAsync(path, body)
            .whenComplete(
                (answer, failure) -> {
                  if (answer != null) {
                    answered.accept(answer.status());
                  }
                  open.remove(call);
                });
  }

  /** Sends nothing more. */
  void finish() {
    timer.shutdown();
  }

  /** What has not taken effect yet, in words; empty when all has. */
  List<String> missing() {
    List<String> missing = new ArrayList<>();
    if (!open.isEmpty()) {
      missing.add(open.size() + " calls are unanswered: " + some(open));
    }
    List<String> unchecked =
        objects.entrySet().stream()
            .filter(object -> !origin.answeredSince(object.getKey(), object.getValue()))
            .map(object -> timeline.timed(object.getValue(), "object " + object.getKey()))
            .toList();
    if (!unchecked.isEmpty()) {
      missing.add(
          "%d of %d accepted objects were never checked: %s"
              .formatted(unchecked.size(), objects.size(), some(unchecked)));
    }
    packages.keySet().removeIf(this::done);
    packages.keySet().stream()
        .map(id -> "package " + id + " was accepted and is not done: " + status(id))
        .limit(SHOWN)
        .forEach(missing::add);
    for (String stream : streams) {
      Map<String, Long> counted = reactions.getOrDefault(stream, Map.of());
      Set<String> unsure = unsureReactions.getOrDefault(stream, Set.of());
      List<String> forgotten =
          counted.entrySet().stream()
              .filter(post -> timeline.effectMayBeLost(post.getValue()))
              .map(Map.Entry::getKey)
              .toList();
      long most = EACH * (counted.size() + unsure.size());
      long least = EACH * (counted.size() - forgotten.size());
      long total = total(stream);
      if (total < least || total > most) {
        missing.add(
            "%s has %d reactions, accepted were %d to %d; without an answer: %s; perhaps lost: %s"
                .formatted(stream, total, least, most, some(unsure), some(forgotten)));
      }
    }
    return missing;
  }

  private static List<String> some(Collection<String> all) {
    return all.stream().sorted().limit(SHOWN).toList();
  }

  /** Or it was, and the store lost its outcome with its last second. */
  private boolean done(String id) {
    Api.Answer answer = status(id);
    String status = answer.status() == 200 ? answer.json().getString("status") : "";
    boolean outcomeLost = answer.status() == 404 || "processing".equals(status);
    return "done".equals(status)
        || (outcomeLost && timeline.effectMayBeLost(packages.getOrDefault(id, 0L)));
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
    long likes = EACH * reactions.values().stream().mapToLong(Map::size).sum();
    return "%d reactions, %d objects, %d packages submitted".formatted(likes, objects.size(), turn);
  }

  @Override
  public void close() {
    timer.shutdownNow();
  }
}
