package io.ovation.dispatch.comments;

import io.ovation.http.body.JsonText;
import io.ovation.http.body.Timestamps;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/**
 * Writes the JSON message that viewers receive for an event, up to and including {@code "offset":};
 * {@code EventJson} completes it.
 */
final class EventBody {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream(256);

  private EventBody(String type, String stream) {
    ascii("{\"type\":\"" + type + "\"");
    text("stream", stream);
  }

  static EventBody of(String type, String stream) {
    return new EventBody(type, stream);
  }

  EventBody text(String field, String value) {
    ascii(",\"" + field + "\":\"");
    out.writeBytes(JsonText.quoted(value));
    out.write('"');
    return this;
  }

  /** As {@link #text}, unless the value is empty. */
  EventBody optional(String field, String value) {
    return value.isEmpty() ? this : text(field, value);
  }

  /**
   * @param json left out if empty
   */
  EventBody json(String field, String json) {
    if (!json.isEmpty()) {
      ascii(",\"" + field + "\":");
      out.writeBytes(json.getBytes(StandardCharsets.UTF_8));
    }
    return this;
  }

  EventBody at(long millis) {
    ascii(",\"at\":\"" + Timestamps.of(millis) + "\"");
    return this;
  }

  byte[] bytes() {
    ascii(",\"offset\":");
    return out.toByteArray();
  }

  private void ascii(String text) {
    out.writeBytes(text.getBytes(StandardCharsets.US_ASCII));
  }
}
