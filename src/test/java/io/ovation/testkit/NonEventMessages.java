package io.ovation.testkit;

import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;

/** Messages to a crowd that are no events; they are few, and parsed whole. */
public final class NonEventMessages {
  private NonEventMessages() {}

  /**
   * @param position {@code watching.offset} or {@code gap.to}, else -1
   */
  public record Message(String type, long position, JsonObject json) {}

  static Message read(String json, boolean sockJs) {
    try {
      JsonObject object =
          new JsonObject(sockJs ? new JsonArray("[\"" + json + "\"]").getString(0) : json);
      String type = object.getString("type", "");
      long position =
          switch (type) {
            case "watching" -> object.getLong("offset");
            case "gap" -> object.getLong("to");
            default -> -1;
          };
      return new Message(type, position, object);
    } catch (DecodeException | ClassCastException e) {
      throw new IllegalStateException("not a message: " + json, e);
    }
  }
}
