package io.ovation.operate;

import io.ovation.queue.DeadLetter;
import io.ovation.queue.QueueName;
import io.ovation.queue.typed.DeadItem;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.util.Base64;
import java.util.Map;

/** Dead letters as JSON. */
final class DeadLetterJson {
  /** The largest payload in a list, in bytes: a page of 100 stays below 2.5 MB. */
  private static final int MAX_LISTED_PAYLOAD = 16 * 1024;

  private DeadLetterJson() {}

  /** In a list: a long payload is left out. */
  static JsonObject listed(DeadLetter letter) {
    return of(letter, MAX_LISTED_PAYLOAD);
  }

  static JsonObject whole(DeadLetter letter) {
    return of(letter, Integer.MAX_VALUE);
  }

  private static JsonObject of(DeadLetter letter, int longest) {
    QueueName origin = letter.origin();
    JsonObject json =
        new JsonObject()
            .put("id", letter.id())
            .put("lane", origin == null ? null : origin.lane().text())
            .put("partition", origin == null ? null : origin.partition())
            .put("reason", letter.reason())
            .put("stack", letter.stack())
            .put("attempts", letter.attempts())
            .put("first_at", time(letter.firstMs()))
            .put("last_at", time(letter.lastMs()));
    DeadItem item = DeadItem.read(letter.body());
    byte[] payload = item == null ? letter.body() : item.payload();
    json.put("service", item == null ? null : item.service())
        .put("method", item == null ? null : item.method())
        .put("item_id", item == null ? null : item.id())
        .put("key", item == null ? null : item.key())
        .put("headers", new JsonObject(item == null ? Map.of() : Map.copyOf(item.headers())))
        .put("payload_bytes", payload.length);
    return json.put(
        "payload", payload.length > longest ? null : Base64.getEncoder().encodeToString(payload));
  }

  private static String time(long ms) {
    return Instant.ofEpochMilli(ms).toString();
  }
}
