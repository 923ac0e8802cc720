package io.ovation.moderation.hooks;

import io.ovation.config.Config;
import io.ovation.http.body.Timestamps;
import io.ovation.http.problem.Problem;
import io.ovation.live.proto.CommentRequest;
import io.ovation.metrics.Metrics;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/** Decides on comments that the word list has not refused. Any thread. */
@FunctionalInterface
public interface CommentHook {
  CommentHook NONE = comment -> Future.succeededFuture();

  /**
   * Refuses a comment, or may replace its text.
   *
   * @return why it must be held; null if it need not. Fails with {@code ProblemException}
   */
  Future<@Nullable String> check(CommentRequest.Builder comment);

  /** The hook of {@code hooks.comment}. */
  static CommentHook of(Vertx vertx, Config.Hooks config, InstantSource clock, Metrics metrics) {
    if (config.comment().isEmpty()) {
      return NONE;
    }
    HookClient client = new HookClient(vertx, "comment", config.comment(), config, clock, metrics);
    return comment ->
        client
            .ask(request(comment), comment.getTraceparent())
            .transform(
                asked ->
                    asked.succeeded()
                        ? decide(comment, asked.result())
                        : unanswered(config.onTimeout()));
  }

  private static JsonObject request(CommentRequest.Builder comment) {
    JsonObject json =
        JsonObject.of("type", "comment", "stream", comment.getStream(), "id", comment.getId())
            .put("user", comment.getUser())
            .put("text", comment.getText())
            .put("at", Timestamps.of(comment.getAtMs()));
    if (!comment.getReplyTo().isEmpty()) {
      json.put("reply_to", comment.getReplyTo());
    }
    if (!comment.getMeta().isEmpty()) {
      json.put("meta", new JsonObject(comment.getMeta()));
    }
    return comment.getProfile().isEmpty()
        ? json
        : json.put("profile", new JsonObject(comment.getProfile()));
  }

  private static Future<@Nullable String> decide(CommentRequest.Builder comment, HookAnswer said) {
    String reason = said.reason();
    switch (said.action()) {
      case DENY -> {
        String detail = "text: was refused" + (reason.isEmpty() ? "" : ": " + reason);
        return Future.failedFuture(new Problem(403, "denied", "text", detail).exception());
      }
      case HOLD -> {
        return Future.succeededFuture(reason.isEmpty() ? "hook" : "hook: " + reason);
      }
      default -> {
        String text = said.text();
        if (text != null) {
          comment.setText(text);
        }
        return Future.succeededFuture();
      }
    }
  }

  private static Future<@Nullable String> unanswered(String onTimeout) {
    return switch (onTimeout) {
      case "deny" ->
          Future.failedFuture(
              Problem.unavailable(
                      "this site's own check of comments did not answer; nothing was taken: retry"
                          + " in 2 s",
                      2)
                  .exception());
      case "hold" -> Future.succeededFuture("hook: no answer");
      default -> Future.succeededFuture();
    };
  }
}
