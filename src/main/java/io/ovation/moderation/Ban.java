package io.ovation.moderation;

import io.vertx.core.json.JsonObject;
import org.jspecify.annotations.Nullable;

/**
 * Why a user's comments reach nobody.
 *
 * @param silent the user is not notified: their comments are accepted and only they receive them
 * @param by who banned them
 * @param atMs when, by the wall clock, for people to read
 */
public record Ban(boolean silent, String reason, String by, long atMs) {
  /** The stream of bans on all streams. */
  public static final String ALL_STREAMS = "*";

  String encode() {
    return JsonObject.of("silent", silent, "reason", reason, "by", by, "at", atMs).encode();
  }

  static Ban decode(String json) {
    JsonObject ban = new JsonObject(json);
    return new Ban(
        ban.getBoolean("silent", false),
        ban.getString("reason", ""),
        ban.getString("by", ""),
        ban.getLong("at", 0L));
  }

  /**
   * A ban in effect.
   *
   * @param stream or {@link #ALL_STREAMS}
   * @param leftMs milliseconds until it ends
   */
  public record Active(String stream, String user, Ban ban, long leftMs) {
    /** Whether this one decides: a ban that is not silent before one that is. */
    boolean outranks(@Nullable Active other) {
      return other == null || (other.ban.silent() && !ban.silent());
    }
  }
}
