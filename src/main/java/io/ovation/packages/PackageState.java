package io.ovation.packages;

import io.ovation.http.body.Timestamps;
import io.ovation.queue.Lane;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A package's state. Immutable; each change makes the next one. Fields that this version does not
 * know are kept, so that nodes of two versions can run together.
 *
 * @param json as it is stored. Times are milliseconds since 1970, 0 for not yet
 */
record PackageState(JsonObject json) {
  /** Characters of an error that are kept; people read it. */
  private static final int ERROR_LENGTH = 500;

  private static final List<String> HIDDEN =
      List.of("fingerprint", "worker", "token", "payload", "waiting_since");

  /** What clients see a time as. */
  private static final Map<String, String> TIMES =
      Map.of(
          "created", "created_at",
          "updated", "updated_at",
          "started", "started_at",
          "finished", "finished_at",
          "retry", "retry_at",
          "sent_back", "sent_back_at",
          "until", "lease_until");

  /** The stages of the life cycle. */
  enum Status {
    /** Accepted; no attempt has begun. */
    PENDING,
    /** A worker holds its lease. */
    PROCESSING,
    /** Its handler succeeded. Final. */
    DONE,
    /** Its last attempt failed; it will be tried again. */
    FAILED,
    /** Its handler refused it for good, or all attempts failed. Final. */
    DEAD;

    boolean isFinal() {
      return this == DONE || this == DEAD;
    }

    /** As spelled in JSON. */
    String text() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * A worker's exclusive right to process a package.
   *
   * @param worker the node
   * @param token unique to this lease, also among those of one node
   * @param untilMs when it expires unless it is renewed
   */
  record Lease(String worker, String token, long untilMs) {}

  /**
   * @param fingerprint of the submission, to tell a repeat from another package of the same id
   */
  static PackageState pending(
      String id, String type, Lane lane, String fingerprint, long createdMs) {
    JsonObject json =
        JsonObject.of("id", id, "type", type, "priority", lane.text(), "fingerprint", fingerprint)
            .put("status", Status.PENDING.text())
            .put("attempts", 0)
            .put("created", createdMs)
            .put("updated", createdMs);
    return new PackageState(json);
  }

  String id() {
    return json.getString("id");
  }

  String type() {
    return json.getString("type");
  }

  Lane lane() {
    return Lane.valueOf(json.getString("priority").toUpperCase(Locale.ROOT));
  }

  String fingerprint() {
    return json.getString("fingerprint");
  }

  Status status() {
    return Status.valueOf(json.getString("status").toUpperCase(Locale.ROOT));
  }

  /** Attempts begun so far. */
  int attempts() {
    return json.getInteger("attempts");
  }

  long createdMs() {
    return json.getLong("created");
  }

  /** When a failed one is tried again. */
  long retryAtMs() {
    return json.getLong("retry", 0L);
  }

  /** Why the last attempt failed. */
  @Nullable String error() {
    return json.getString("error");
  }

  /** Why a pending one can't start. */
  @Nullable String waitingFor() {
    return json.getString("waiting_for");
  }

  /** Of the worker that processes it; null while none does. */
  @Nullable Lease lease() {
    String token = json.getString("token");
    return token == null
        ? null
        : new Lease(json.getString("worker"), token, json.getLong("until", 0L));
  }

  /** How long no attempt may begin, because of a live lease or a pause; 0 if one may begin now. */
  long heldForMs(long nowMs) {
    Lease lease = lease();
    long until = lease != null ? lease.untilMs() : status() == Status.FAILED ? retryAtMs() : 0;
    return Math.max(0, until - nowMs);
  }

  /** Whether a worker has seen its item since it was submitted or sent back last. */
  boolean seen() {
    return attempts() > 0 || waitingFor() != null;
  }

  /** Since when it has waited for {@link #waitingFor}; 0 if it does not. */
  long waitingSinceMs() {
    return json.getLong("waiting_since", 0L);
  }

  /** What a dead package, or one sent back that no worker has seen, is to be processed with. */
  @Nullable String payload() {
    return json.getString("payload");
  }

  PackageState waiting(String reason, long nowMs) {
    return next(status(), nowMs, null).with("waiting_for", reason).with("waiting_since", nowMs);
  }

  PackageState claimed(Lease by, long nowMs) {
    return next(Status.PROCESSING, nowMs, by)
        .with("attempts", attempts() + 1)
        .with("started", nowMs)
        .with("retry", 0)
        .with("payload", null)
        .with("waiting_for", null)
        .with("waiting_since", null);
  }

  PackageState renewed(Lease extended, long nowMs) {
    return next(status(), nowMs, extended);
  }

  PackageState done(long nowMs) {
    return next(Status.DONE, nowMs, null).with("finished", nowMs).with("error", null);
  }

  /**
   * @param payload kept, so that the package can be sent back
   */
  PackageState dead(String why, String payload, long nowMs) {
    return next(Status.DEAD, nowMs, null)
        .with("finished", nowMs)
        .with("error", cut(why))
        .with("payload", payload)
        .with("waiting_for", null)
        .with("waiting_since", null);
  }

  PackageState failed(String why, long retryMs, long nowMs) {
    return next(Status.FAILED, nowMs, null).with("retry", retryMs).with("error", cut(why));
  }

  /** Its worker stops: another may begin at once, and the attempt does not count. */
  PackageState handedBack(long nowMs) {
    return failed("its worker stopped during the attempt", nowMs, nowMs)
        .with("attempts", attempts() - 1);
  }

  /** A dead package whose attempts start over. */
  PackageState sentBack(long nowMs) {
    return next(Status.PENDING, nowMs, null)
        .with("attempts", 0)
        .with("finished", null)
        .with("sent_back", nowMs);
  }

  private PackageState next(Status status, long nowMs, @Nullable Lease lease) {
    return new PackageState(json.copy())
        .with("status", status.text())
        .with("updated", nowMs)
        .with("worker", lease == null ? null : lease.worker())
        .with("token", lease == null ? null : lease.token())
        .with("until", lease == null ? null : lease.untilMs());
  }

  /** Changes a copy that nobody else has yet. */
  private PackageState with(String field, @Nullable Object value) {
    if (value == null) {
      json.remove(field);
    } else {
      json.put(field, value);
    }
    return this;
  }

  private static String cut(String text) {
    return text.length() <= ERROR_LENGTH ? text : text.substring(0, ERROR_LENGTH) + "…";
  }

  /** The form for clients. */
  JsonObject shown() {
    JsonObject shown = json.copy();
    HIDDEN.forEach(shown::remove);
    TIMES.forEach(
        (field, name) -> {
          shown.remove(field);
          long ms = json.getLong(field, 0L);
          if (ms > 0) {
            shown.put(name, Timestamps.of(ms));
          }
        });
    return shown;
  }
}
