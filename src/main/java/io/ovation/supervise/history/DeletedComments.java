package io.ovation.supervise.history;

import com.google.protobuf.ByteString;
import io.ovation.wire.proto.Event;
import io.vertx.core.json.JsonObject;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The comments that an event takes away, by its JSON: events that are read from history carry
 * nothing else.
 *
 * @param id null for all comments of the user
 */
record DeletedComments(String user, @Nullable String id) {
  private static final ByteString DELETED = ByteString.copyFromUtf8("{\"type\":\"deleted\"");
  private static final ByteString PURGED = ByteString.copyFromUtf8("{\"type\":\"purged\"");
  private static final ByteString COMMENT = ByteString.copyFromUtf8("{\"type\":\"comment\"");

  static Optional<DeletedComments> of(Event event) {
    boolean one = event.getJson().startsWith(DELETED);
    if (!one && !event.getJson().startsWith(PURGED)) {
      return Optional.empty();
    }
    JsonObject json = new JsonObject(event.getJson().toStringUtf8());
    return Optional.of(
        new DeletedComments(json.getString("user"), one ? json.getString("id") : null));
  }

  boolean concern(Event event) {
    return event.getUser().equals(user)
        && (id == null || event.getId().equals(id))
        && isComment(event);
  }

  static boolean isComment(Event event) {
    return event.getJson().startsWith(COMMENT);
  }
}
