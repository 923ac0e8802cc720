package io.ovation.http.body;

import io.ovation.http.problem.Problem;
import io.ovation.http.problem.ProblemException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/** Checks and cleans text from untrusted clients. */
final class Utf8 {

  private Utf8() {}

  /**
   * Decodes strictly: no overlong forms, no encoded surrogates (RFC 3629).
   *
   * @throws ProblemException naming {@code body} and the first bad byte
   */
  static String decode(byte[] bytes) {
    CharBuffer chars = CharBuffer.allocate(bytes.length);
    ByteBuffer in = ByteBuffer.wrap(bytes);
    CoderResult result =
        StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .decode(in, chars, true);
    if (result.isError()) {
      throw Problem.invalid("body", "is not UTF-8 at byte " + in.position()).exception();
    }
    return chars.flip().toString();
  }

  /** Whether every surrogate has its other half. */
  static boolean wellFormed(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (!Character.isSurrogate(c)) {
        continue;
      }
      boolean pair =
          Character.isHighSurrogate(c)
              && i + 1 < text.length()
              && Character.isLowSurrogate(text.charAt(i + 1));
      if (!pair) {
        return false;
      }
      i++;
    }
    return true;
  }

  /** The first {@code max} characters, with control characters and surrogates replaced. */
  static String printable(String text, int max) {
    StringBuilder shown = new StringBuilder(Math.min(text.length(), max) + 1);
    for (int i = 0; i < text.length() && i < max; i++) {
      char c = text.charAt(i);
      shown.append(Character.isISOControl(c) || Character.isSurrogate(c) ? '?' : c);
    }
    return text.length() > max ? shown.append('…').toString() : shown.toString();
  }
}
