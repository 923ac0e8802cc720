package io.ovation.dispatch.comments;

import io.ovation.http.body.JsonText;
import io.ovation.http.body.Timestamps;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/**
 * Writes the JSON message that viewers receive for an event, up to and including {@code "offset":};
 * {@code EventJson} completes it.
 */
final class EventJsonWriter {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream(256);

  private EventJsonWriter(String type, String stream) {
    ascii("{\"type\":\"" + type + "\"");
    text("stream", stream);
  }

  static EventJsonWriter of(String type, String stream) {
    return new EventJsonWriter(type, stream);
  }

  EventJsonWriter text(String field, String value) {
    ascii(",\"" + field + "\":\"");
    out.writeBytes(JsonText.quoted(value));
    out.write('"');
    return this;
  }

  /** As {@link #text}, unless the value is empty. */
  EventJsonWriter optional(String field, String value) {
    return value.isEmpty() ? this : text(field, value);
  }

  /**
   * @param json left out if empty
   */
  EventJsonWriter json(String field, String json) {
    if (!json.isEmpty()) {
      ascii(",\"" + field + "\":");
      out.writeBytes(json.getBytes(StandardCharsets.UTF_8));
    }
    return this;
  }

  EventJsonWriter at(long millis) {
    return time("at", millis);
  }

  EventJsonWriter time(String field, long millis) {
    ascii(",\"" + field + "\":\"" + Timestamps.of(millis) + "\"");
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
