package io.ovation.dispatch.state;

import io.ovation.http.body.Timestamps;
import io.ovation.queue.EventPublisher;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import java.util.function.LongSupplier;

/**
 * Publishes that streams are occupied or vacated, live or dark, in this region. A new owner
 * publishes the current state again. On the dispatcher's context.
 */
final class PublishedPresence {
  private static final int STREAMS = 50_000;

  private final EventPublisher events;
  private final String region;
  private final LongSupplier wallMillis;
  private final Map<String, Boolean> occupied = newest();
  private final Map<String, Boolean> live = newest();

  PublishedPresence(EventPublisher events, String region, LongSupplier wallMillis) {
    this.events = events;
    this.region = region;
    this.wallMillis = wallMillis;
  }

  private static Map<String, Boolean> newest() {
    return new LinkedHashMap<>() {
      private static final long serialVersionUID = 1L;

      @Override
      protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
        return size() > STREAMS;
      }
    };
  }

  void viewers(String stream, long viewers) {
    changed(occupied, stream, viewers > 0, viewers > 0 ? "occupied" : "vacated");
  }

  void live(String stream, boolean is) {
    changed(live, stream, is, is ? "live" : "dark");
  }

  private void changed(Map<String, Boolean> known, String stream, boolean now, String kind) {
    if (!events.used() || Boolean.valueOf(now).equals(known.put(stream, now))) {
      return;
    }
    String id = UUID.randomUUID().toString();
    JsonObject event = JsonObject.of("id", id, "kind", kind, "stream", stream, "region", region);
    event.put("at", Timestamps.of(wallMillis.getAsLong()));
    String json = event.encode();
    events.publish(kind + "." + stream, id, json.getBytes(StandardCharsets.UTF_8));
  }
}
