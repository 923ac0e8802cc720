package io.ovation.moderation;

import io.ovation.http.body.JsonText;
import io.ovation.queue.EventPublisher;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.UUID;

/**
 * Publishes the audit log: each entry as {@code audit.<action>.<stream>}, and bans and changed
 * settings, which are no events of a stream, as {@code banned.<stream>} and so on. Any thread.
 *
 * @param region of this node
 */
public record PublishedActions(EventPublisher events, String region) {
  /** In place of a stream, for what concerns all. */
  private static final String ALL = "all";

  private static final Map<String, String> KINDS =
      Map.of("ban", "banned", "unban", "unbanned", "settings", "settings");

  /** Completes once the entry is confirmed, or given up. */
  public Future<Void> publish(JsonObject entry) {
    if (!events.used()) {
      return Future.succeededFuture();
    }
    String action = entry.getString("action");
    Future<Void> audit = publish("audit." + action, "audit", entry);
    String kind = KINDS.get(action);
    return kind == null ? audit : publish(kind, kind, entry).compose(v -> audit);
  }

  private Future<Void> publish(String key, String kind, JsonObject entry) {
    String stream = entry.getString("stream", ALL);
    String id = UUID.randomUUID().toString();
    JsonObject event =
        JsonObject.of("id", id, "kind", kind, "stream", stream, "region", region, "event", entry);
    byte[] json = JsonText.encode(event).getBytes(StandardCharsets.UTF_8);
    return events.publish(key + "." + (stream.equals("*") ? ALL : stream), id, json);
  }
}
