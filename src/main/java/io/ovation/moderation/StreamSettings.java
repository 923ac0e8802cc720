package io.ovation.moderation;

import io.ovation.http.body.InputRules;
import io.ovation.http.problem.Problem;
import io.vertx.core.json.JsonObject;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What viewers may do on a stream.
 *
 * @param slowModeMs the shortest time between two comments of one user; 0 for none
 * @param readOnly only moderators may comment
 * @param links whether comments may have links
 * @param maxText code points of a comment
 * @param review each comment waits for a moderator
 */
public record StreamSettings(
    long slowModeMs, boolean readOnly, boolean links, int maxText, boolean review) {
  public static final StreamSettings DEFAULT =
      new StreamSettings(0, false, true, InputRules.TEXT_CODE_POINTS, false);

  private static final long MAX_SLOW_MODE_MS = 3_600_000;

  /**
   * These settings with those that a request names.
   *
   * @throws io.ovation.http.problem.ProblemException naming the invalid field
   */
  StreamSettings with(Map<String, @Nullable Object> body) {
    return new StreamSettings(
        body.containsKey("slow_mode")
            ? DurationText.millis("slow_mode", body.get("slow_mode"), 0, MAX_SLOW_MODE_MS)
            : slowModeMs,
        flag(body, "read_only", readOnly),
        flag(body, "links", links),
        maxText(body),
        flag(body, "review", review));
  }

  private int maxText(Map<String, @Nullable Object> body) {
    if (!body.containsKey("max_text")) {
      return maxText;
    }
    if (body.get("max_text") instanceof Long most
        && most >= 1
        && most <= InputRules.TEXT_CODE_POINTS) {
      return most.intValue();
    }
    String why = "must be a whole number from 1 to " + InputRules.TEXT_CODE_POINTS;
    throw Problem.invalid("max_text", why).exception();
  }

  private static boolean flag(Map<String, @Nullable Object> body, String field, boolean unchanged) {
    if (!body.containsKey(field)) {
      return unchanged;
    }
    if (body.get(field) instanceof Boolean flag) {
      return flag;
    }
    throw Problem.invalid(field, "must be true or false").exception();
  }

  /** As requests and answers have it. */
  public JsonObject json() {
    return JsonObject.of(
        "slow_mode", DurationText.of(slowModeMs),
        "read_only", readOnly,
        "links", links,
        "max_text", maxText,
        "review", review);
  }

  /** The message for viewers. */
  public JsonObject message(String stream) {
    return JsonObject.of("type", "settings", "stream", stream, "slow_mode_ms", slowModeMs)
        .put("read_only", readOnly)
        .put("links", links)
        .put("max_text", maxText)
        .put("review", review);
  }

  String encode() {
    return message("").encode();
  }

  static StreamSettings decode(String json) {
    JsonObject stored = new JsonObject(json);
    return new StreamSettings(
        stored.getLong("slow_mode_ms", 0L),
        stored.getBoolean("read_only", false),
        stored.getBoolean("links", true),
        stored.getInteger("max_text", InputRules.TEXT_CODE_POINTS),
        stored.getBoolean("review", false));
  }
}
