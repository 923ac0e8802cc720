package io.ovation.deliver.transport;

import com.google.protobuf.ByteString;
import io.netty.buffer.ByteBuf;
import io.ovation.deliver.fanout.OutboundMessage;
import io.ovation.http.body.MessageIds;
import io.ovation.http.body.StrictJsonReader;
import io.ovation.http.problem.Problem;
import io.ovation.http.problem.ProblemException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The SockJS 0.3.3 wire format on a WebSocket: from the server {@code o}, {@code a["…"]}, {@code h}
 * and {@code c[code,"reason"]}; from the client a JSON array of strings, or one string.
 */
public final class SockJsFrames {
  private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] OPEN = "{\"m\":".getBytes(StandardCharsets.US_ASCII);

  private SockJsFrames() {}

  /** The length in bytes of {@code json} as part of a JSON string. */
  static int escapedLength(ByteString json) {
    int length = json.size();
    for (int i = 0; i < json.size(); i++) {
      byte b = json.byteAt(i);
      if (b == '"' || b == '\\') {
        length++;
      } else if (b >= 0 && b < 0x20) {
        length += 5;
      }
    }
    return length;
  }

  /** Writes {@code a["…","…"]}. Bytes above 127 are parts of UTF-8 sequences and stay. */
  static void write(ByteBuf out, List<OutboundMessage> items) {
    out.writeByte('a').writeByte('[');
    for (int n = 0; n < items.size(); n++) {
      if (n > 0) {
        out.writeByte(',');
      }
      out.writeByte('"');
      escape(out, items.get(n).json());
      out.writeByte('"');
    }
    out.writeByte(']');
  }

  private static void escape(ByteBuf out, ByteString json) {
    for (int i = 0; i < json.size(); i++) {
      byte b = json.byteAt(i);
      if (b == '"' || b == '\\') {
        out.writeByte('\\').writeByte(b);
      } else if (b >= 0 && b < 0x20) {
        out.writeByte('\\').writeByte('u').writeByte('0').writeByte('0');
        out.writeByte(HEX[b >> 4]).writeByte(HEX[b & 15]);
      } else {
        out.writeByte(b);
      }
    }
  }

  /**
   * The messages of one frame from a client; none for an empty frame, as SockJS demands.
   *
   * @throws io.ovation.http.problem.ProblemException when it is neither a string nor an array of
   *     them
   */
  public static List<byte[]> messages(byte[] frame) {
    if (frame.length == 0) {
      return List.of();
    }
    // The strict reader reads objects only, so the frame is read as the only field of one.
    byte[] object = new byte[OPEN.length + frame.length + 1];
    System.arraycopy(OPEN, 0, object, 0, OPEN.length);
    System.arraycopy(frame, 0, object, OPEN.length, frame.length);
    object[object.length - 1] = '}';
    var fields = StrictJsonReader.object(object, object.length);
    Object value = fields.get("m");
    if (fields.size() != 1) {
      throw notSockJs();
    }
    List<?> strings = value instanceof List<?> list ? list : Arrays.asList(value);
    List<byte[]> messages = new ArrayList<>(strings.size());
    for (@Nullable Object string : strings) {
      if (!(string instanceof String text)) {
        throw notSockJs();
      }
      messages.add(text.getBytes(StandardCharsets.UTF_8));
    }
    return messages;
  }

  /**
   * The id of the first message of a frame in whatever state, such as one that is cut off or is no
   * frame; null if none can be read.
   */
  public static @Nullable String id(byte[] frame) {
    try {
      List<byte[]> messages = messages(frame);
      return messages.isEmpty() ? null : MessageIds.find(messages.get(0));
    } catch (ProblemException damaged) {
      String text = new String(frame, StandardCharsets.ISO_8859_1);
      boolean string = text.startsWith("[\"") || text.startsWith("\"");
      String json = string ? firstString(text, text.indexOf('"') + 1) : text;
      return MessageIds.find(json.getBytes(StandardCharsets.ISO_8859_1));
    }
  }

  /** The string that begins at {@code from}, and may not end, without its escapes. */
  private static String firstString(String text, int from) {
    StringBuilder string = new StringBuilder();
    for (int i = from; i < text.length() && text.charAt(i) != '"'; i++) {
      if (text.charAt(i) == '\\' && i + 1 < text.length()) {
        i++;
      }
      string.append(text.charAt(i));
    }
    return string.toString();
  }

  private static RuntimeException notSockJs() {
    String detail = "a SockJS frame is a JSON array of strings, or one string";
    return Problem.invalid("message", detail).exception();
  }
}
