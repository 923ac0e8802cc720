package io.ovation.dispatch.comments;

import io.ovation.live.proto.CommentRequest;
import io.ovation.live.proto.StreamEvent;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * An event of a stream as {@code publish.exchange} gets it.
 *
 * @param key kind and stream, separated by a dot
 * @param id the same whenever the event is published
 */
record PublishedEvent(String key, String id, byte[] json) {

  /** Null for what another region accepted, for what was deleted, and for a hidden comment. */
  static @Nullable PublishedEvent of(PendingEvent event, String region) {
    String kind = kind(event);
    if (kind == null || event.arrived() || event.deleted()) {
      return null;
    }
    String stream = event.stream();
    String id = region + "/" + stream + "/" + event.offset();
    // Names of streams and regions need no escapes.
    String head =
        "{\"id\":\"%s\",\"kind\":\"%s\",\"stream\":\"%s\",\"region\":\"%s\",\"event\":"
            .formatted(id, kind, stream, region);
    ByteArrayOutputStream json = new ByteArrayOutputStream();
    json.writeBytes(head.getBytes(StandardCharsets.UTF_8));
    json.writeBytes(event.event().getJson().toByteArray());
    json.write('}');
    return new PublishedEvent(kind + "." + stream, id, json.toByteArray());
  }

  private static @Nullable String kind(PendingEvent event) {
    if (event.item() instanceof CommentRequest comment) {
      return comment.getOnlyAuthor() ? null : "accepted";
    }
    StreamEvent.KindCase kind = ((StreamEvent) event.item()).getKindCase();
    return switch (kind) {
      case KIND_NOT_SET -> null;
      case HOST -> "event";
      default -> kind.name().toLowerCase(Locale.ROOT);
    };
  }
}
