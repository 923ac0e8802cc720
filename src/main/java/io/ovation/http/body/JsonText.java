package io.ovation.http.body;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import io.vertx.core.json.Json;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Writes JSON that is one line for every reader: characters that some languages take for the end of
 * a line (U+0085, U+2028, U+2029), and those that SockJS wants escaped, are written as escapes.
 */
public final class JsonText {
  private JsonText() {}

  /** The value as JSON. */
  public static String encode(@Nullable Object value) {
    return escaped(Json.encode(value));
  }

  /** The text as the inside of a JSON string, in UTF-8. */
  public static byte[] quoted(String text) {
    return firstSpecial(text, 0) < 0
        ? JsonStringEncoder.getInstance().quoteAsUTF8(text)
        : escaped(new String(JsonStringEncoder.getInstance().quoteAsString(text)))
            .getBytes(StandardCharsets.UTF_8);
  }

  /** Outside of strings JSON has none of these characters. */
  private static String escaped(String json) {
    int special = firstSpecial(json, 0);
    if (special < 0) {
      return json;
    }
    StringBuilder out = new StringBuilder(json.length() + 40);
    int done = 0;
    for (; special >= 0; special = firstSpecial(json, done)) {
      out.append(json, done, special);
      out.append(String.format(Locale.ROOT, "\\u%04x", (int) json.charAt(special)));
      done = special + 1;
    }
    return out.append(json, done, json.length()).toString();
  }

  private static int firstSpecial(String text, int from) {
    for (int i = from; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c >= 0x85 && isSpecial(c)) {
        return i;
      }
    }
    return -1;
  }

  /** The ranges are those of SockJS's own servers, halves of pairs left out. */
  private static boolean isSpecial(char c) {
    return c == 0x85
        || (c >= 0x200C && c <= 0x200F)
        || (c >= 0x2028 && c <= 0x202F)
        || (c >= 0x2060 && c <= 0x206F)
        || c == 0xFEFF
        || c >= 0xFFF0;
  }
}
