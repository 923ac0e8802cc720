package io.ovation.http;

import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.TimeUnit;

/** Named checks of what a node needs to serve. Methods may be called from any thread. */
public final class Readiness {
  /** Below the 1 s after which orchestrators give up a probe by default. */
  private static final long PATIENCE_MS = 800;

  private final Map<String, Check> checks = new ConcurrentSkipListMap<>();

  /** Completes with a short description, or fails with what is wrong. */
  public interface Check {
    Future<String> ask();
  }

  /**
   * @param body {@code {"status":…,"checks":{name:{"ready":…,"detail":…}}}}
   */
  public record Report(boolean ready, JsonObject body) {}

  /** Adds a check, or replaces the one of that name. */
  public void set(String name, Check check) {
    checks.put(name, check);
  }

  /** Runs all checks at once; one that takes too long counts as not ready. Never fails. */
  public Future<Report> ask() {
    List<Future<Answer>> answers = new ArrayList<>();
    checks.forEach((name, check) -> answers.add(answer(name, check)));
    return Future.join(answers).map(all -> report(all.list()));
  }

  private static Future<Answer> answer(String name, Check check) {
    return Future.succeededFuture()
        .compose(v -> check.ask())
        .timeout(PATIENCE_MS, TimeUnit.MILLISECONDS)
        .map(detail -> new Answer(name, true, detail))
        .otherwise(cause -> new Answer(name, false, String.valueOf(cause.getMessage())));
  }

  private static Report report(List<Answer> answers) {
    boolean ready = answers.stream().allMatch(Answer::ready);
    JsonObject checks = new JsonObject();
    for (Answer answer : answers) {
      checks.put(answer.name, JsonObject.of("ready", answer.ready, "detail", answer.detail));
    }
    String status = ready ? "ready" : "not ready";
    return new Report(ready, JsonObject.of("status", status, "checks", checks));
  }

  private record Answer(String name, boolean ready, String detail) {}
}
