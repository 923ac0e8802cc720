package io.ovation.wire;

import com.google.protobuf.UnsafeByteOperations;
import io.ovation.wire.proto.Event;
import java.nio.charset.StandardCharsets;

/**
 * Completes an event's JSON with its offset. The offset is its last field, so the JSON is encoded
 * before the offset is known and stored without it.
 */
public final class EventJson {
  private static final String REGION = "\"region\":\"";
  private static final byte[] OFFSET = "\"offset\":".getBytes(StandardCharsets.US_ASCII);
  private static final int MAX_REGION = 64;

  private EventJson() {}

  /** The event's JSON up to and including {@code "offset":}. */
  public static byte[] body(Event event) {
    int digits = Long.toString(event.getOffset()).length();
    return event.getJson().substring(0, event.getJson().size() - digits - 1).toByteArray();
  }

  /**
   * @param body the JSON up to and including {@code "offset":}
   */
  public static Event event(String user, String id, byte[] body, long offset) {
    Event content = Event.newBuilder().setUser(user).setId(id).setRegion(region(body)).build();
    return complete(content, body, offset);
  }

  /** The JSON of an event that {@code region} accepted; it stands in front of the offset. */
  public static byte[] withRegion(byte[] body, String region) {
    byte[] field = (REGION + region + "\",").getBytes(StandardCharsets.US_ASCII);
    int at = body.length - OFFSET.length;
    byte[] longer = new byte[body.length + field.length];
    System.arraycopy(body, 0, longer, 0, at);
    System.arraycopy(field, 0, longer, at, field.length);
    System.arraycopy(OFFSET, 0, longer, at + field.length, OFFSET.length);
    return longer;
  }

  /** The region in an event's JSON as {@link #withRegion} writes it; empty if it has none. */
  public static String region(byte[] body) {
    int end = body.length - OFFSET.length - 2;
    if (end < REGION.length() || body[end] != '"' || body[end + 1] != ',') {
      return "";
    }
    int from = end;
    while (from > 0 && end - from <= MAX_REGION && body[from - 1] != '"') {
      from--;
    }
    int field = from - REGION.length();
    boolean found =
        field > 0
            && body[field - 1] == ','
            && REGION.equals(new String(body, field, REGION.length(), StandardCharsets.US_ASCII));
    return found ? new String(body, from, end - from, StandardCharsets.US_ASCII) : "";
  }

  /**
   * @param content the event's other fields
   * @param body the JSON up to and including {@code "offset":}
   */
  public static Event complete(Event content, byte[] body, long offset) {
    byte[] digits = Long.toString(offset).getBytes(StandardCharsets.US_ASCII);
    byte[] json = new byte[body.length + digits.length + 1];
    System.arraycopy(body, 0, json, 0, body.length);
    System.arraycopy(digits, 0, json, body.length, digits.length);
    json[json.length - 1] = '}';
    return content.toBuilder()
        .setOffset(offset)
        .setJson(UnsafeByteOperations.unsafeWrap(json))
        .build();
  }
}
