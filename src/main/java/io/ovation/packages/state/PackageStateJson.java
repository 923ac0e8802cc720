package io.ovation.packages.state;

import io.ovation.packages.state.PackageState.Lease;
import io.ovation.packages.state.PackageState.Times;
import io.ovation.queue.Lane;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A package's state as JSON: as it is stored, and as clients see it. Readers of the stored form
 * ignore unknown fields, so that nodes of two versions can run together.
 */
public final class PackageStateJson {
  private PackageStateJson() {}

  static String stored(PackageState state) {
    JsonObject json =
        new JsonObject()
            .put("id", state.id())
            .put("type", state.type())
            .put("priority", state.lane().text())
            .put("fingerprint", state.fingerprint())
            .put("status", state.status().text())
            .put("attempts", state.attempts())
            .put("created", state.times().createdMs())
            .put("updated", state.times().updatedMs())
            .put("started", state.times().startedMs())
            .put("finished", state.times().finishedMs())
            .put("retry", state.retryAtMs());
    Lease lease = state.lease();
    if (lease != null) {
      json.put("worker", lease.worker()).put("token", lease.token()).put("until", lease.untilMs());
    }
    put(json, "error", state.error());
    put(json, "waiting_for", state.waitingFor());
    return json.encode();
  }

  static PackageState read(String stored) {
    JsonObject json = new JsonObject(stored);
    String token = json.getString("token");
    return new PackageState(
        json.getString("id"),
        json.getString("type"),
        Lane.valueOf(json.getString("priority").toUpperCase(Locale.ROOT)),
        json.getString("fingerprint"),
        PackageStatus.of(json.getString("status")),
        json.getInteger("attempts"),
        new Times(
            json.getLong("created"),
            json.getLong("updated"),
            json.getLong("started"),
            json.getLong("finished")),
        token == null ? null : new Lease(json.getString("worker"), token, json.getLong("until")),
        json.getLong("retry"),
        json.getString("error"),
        json.getString("waiting_for"));
  }

  /** The form for clients. */
  public static JsonObject shown(PackageState state) {
    JsonObject json =
        new JsonObject()
            .put("id", state.id())
            .put("type", state.type())
            .put("priority", state.lane().text())
            .put("status", state.status().text())
            .put("attempts", state.attempts());
    time(json, "created_at", state.times().createdMs());
    time(json, "updated_at", state.times().updatedMs());
    time(json, "started_at", state.times().startedMs());
    time(json, "finished_at", state.times().finishedMs());
    time(json, "retry_at", state.retryAtMs());
    Lease lease = state.lease();
    time(json, "lease_until", lease == null ? 0 : lease.untilMs());
    put(json, "error", state.error());
    put(json, "waiting_for", state.waitingFor());
    return json;
  }

  private static void time(JsonObject json, String field, long ms) {
    if (ms > 0) {
      json.put(field, Instant.ofEpochMilli(ms).toString());
    }
  }

  private static void put(JsonObject json, String field, @Nullable String value) {
    if (value != null) {
      json.put(field, value);
    }
  }
}
