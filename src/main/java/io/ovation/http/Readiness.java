package io.ovation.http;

import io.ovation.async.Futures;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** Named checks of what a node needs to serve. Methods may be called from any thread. */
public final class Readiness {
  /** Below the 1 s after which orchestrators give up a probe by default. */
  private static final long PATIENCE_MS = 800;

  private final Map<String, Supplier<Future<String>>> checks = new ConcurrentSkipListMap<>();

  /**
   * @param body {@code {"status":…,"checks":{name:{"ready":…,"detail":…}}}}
   */
  public record Report(boolean ready, JsonObject body) {}

  /**
   * Adds a check, or replaces the one of that name.
   *
   * @param check completes with a short description, or fails with what is wrong
   */
  public void set(String name, Supplier<Future<String>> check) {
    checks.put(name, check);
  }

  /** Runs all checks at once; one that takes too long counts as not ready. Never fails. */
  public Future<Report> ask() {
    return ask(name -> true);
  }

  /** As {@link #ask()}, but only the checks with these names. */
  public Future<Report> ask(Predicate<String> chosen) {
    List<String> names = checks.keySet().stream().filter(chosen).toList();
    List<Future<JsonObject>> answers =
        names.stream().map(name -> answer(Objects.requireNonNull(checks.get(name)))).toList();
    return Future.join(answers).map(all -> report(names, all.list()));
  }

  private static Future<JsonObject> answer(Supplier<Future<String>> check) {
    return Futures.attempt(check)
        .timeout(PATIENCE_MS, TimeUnit.MILLISECONDS)
        .map(detail -> JsonObject.of("ready", true, "detail", detail))
        .otherwise(cause -> JsonObject.of("ready", false, "detail", "" + cause.getMessage()));
  }

  private static Report report(List<String> names, List<JsonObject> answers) {
    boolean ready = answers.stream().allMatch(answer -> answer.getBoolean("ready"));
    JsonObject checks = new JsonObject();
    for (int i = 0; i < answers.size(); i++) {
      checks.put(names.get(i), answers.get(i));
    }
    String status = ready ? "ready" : "not ready";
    return new Report(ready, JsonObject.of("status", status, "checks", checks));
  }
}
