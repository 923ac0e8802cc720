package io.ovation.testkit;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Reads frames as a careful client does: every message must be JSON and hold what it promises. */
final class FrameAudit {
  private static final List<String> FIELDS = List.of("stream", "id", "user", "text", "at");

  private final CrowdProtocol protocol;
  private final CrowdLane lane;
  private final MessageScan.Found found;

  FrameAudit(CrowdProtocol protocol, CrowdLane lane, MessageScan.Found found) {
    this.protocol = protocol;
    this.lane = lane;
    this.found = found;
  }

  void check(byte[] frame, int size) {
    String text = new String(frame, 0, size, StandardCharsets.UTF_8);
    try {
      for (String message : messages(text)) {
        one(message);
      }
    } catch (RuntimeException e) {
      lane.malformed.increment();
      throw new IllegalStateException("malformed: " + text, e);
    }
  }

  private List<String> messages(String frame) {
    if (!protocol.sockJs()) {
      return frame.lines().toList();
    }
    List<String> messages = new ArrayList<>();
    if (frame.charAt(0) == 'a') {
      new JsonArray(frame.substring(1)).forEach(message -> messages.add((String) message));
    }
    return messages;
  }

  private void one(String message) {
    JsonObject json = new JsonObject(message);
    if (json.getString("type").charAt(0) == protocol.event()) {
      JsonObject event = json.containsKey("body") ? json.getJsonObject("body") : json;
      if (!FIELDS.stream().allMatch(field -> event.getValue(field) instanceof String)) {
        throw new IllegalStateException("a field is missing");
      }
      found.event(event.getLong("offset"), sent(event.getString("text")));
    } else {
      String escaped = protocol.sockJs() ? new JsonArray().add(message).encode() : message;
      byte[] bytes = escaped.getBytes(StandardCharsets.UTF_8);
      int edge = protocol.sockJs() ? 2 : 0;
      found.other(bytes, edge, bytes.length - edge);
    }
  }

  private static long sent(String text) {
    int at = text.indexOf('@');
    return at < 0 || text.length() < at + 1 + MessageScan.DIGITS
        ? -1
        : Long.parseLong(text, at + 1, at + 1 + MessageScan.DIGITS, 10);
  }
}
