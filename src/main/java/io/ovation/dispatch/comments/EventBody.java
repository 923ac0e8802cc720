package io.ovation.dispatch.comments;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;

/**
 * Writes the JSON message that viewers receive for an event, up to and including {@code "offset":};
 * {@code EventJson} completes it.
 */
final class EventBody {
  /** Always with milliseconds. */
  private static final DateTimeFormatter AT =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);

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
    out.writeBytes(JsonStringEncoder.getInstance().quoteAsUTF8(value));
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
    ascii(",\"at\":\"" + AT.format(Instant.ofEpochMilli(millis)) + "\"");
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
