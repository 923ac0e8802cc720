package io.ovation.deliver.protocol;

import io.ovation.http.body.JsonText;
import io.ovation.http.problem.Problem;
import io.vertx.core.json.JsonObject;
import org.jspecify.annotations.Nullable;

/** The server's messages to one viewer, as JSON. Events arrive encoded and are not made here. */
public final class ServerMessages {
  public static final String PONG = "{\"type\":\"pong\"}";

  private ServerMessages() {}

  public static String watching(
      String stream, String region, long offset, long viewers, long heartbeatMs) {
    return JsonText.encode(
        JsonObject.of("type", "watching", "stream", stream, "region", region)
            .put("offset", offset)
            .put("viewers", viewers)
            .put("heartbeat_ms", heartbeatMs));
  }

  public static String accepted(String id, boolean held) {
    JsonObject accepted = JsonObject.of("type", "accepted", "id", id);
    return JsonText.encode(held ? accepted.put("held", true) : accepted);
  }

  public static String reconnect(long afterMs, String reason) {
    return "{\"type\":\"reconnect\",\"after_ms\":" + afterMs + ",\"reason\":\"" + reason + "\"}";
  }

  public static String gap(long from, long to) {
    return "{\"type\":\"gap\",\"from\":" + from + ",\"to\":" + to + "}";
  }

  /**
   * @param id of the refused message; null if it had none, or none that can be read
   */
  public static String error(Problem problem, @Nullable String id) {
    return JsonText.encode(problem.message(id));
  }
}
