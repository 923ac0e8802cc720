package io.ovation.http.body;

import org.jspecify.annotations.Nullable;

/**
 * The rules for stream names, users, texts and ids, for HTTP and sockets alike. Each check takes a
 * value as read from JSON and returns null, or why it is refused, to follow the field's name.
 */
public final class InputRules {
  public static final int STREAM_LENGTH = 128;
  public static final int USER_CODE_POINTS = 64;
  public static final int TEXT_CODE_POINTS = 500;
  public static final int ID_CODE_POINTS = 128;

  private InputRules() {}

  public static @Nullable String streamFault(@Nullable Object value) {
    return nameFault(value, STREAM_LENGTH);
  }

  /** For names in paths and keys, of at most {@code limit} plain characters. */
  public static @Nullable String nameFault(@Nullable Object value, int limit) {
    if (!(value instanceof String name)) {
      return notAString(value);
    }
    boolean valid = !name.isEmpty() && name.length() <= limit && isPlain(name);
    return valid ? null : "must be 1-" + limit + " of A-Z a-z 0-9 . _ : -";
  }

  public static @Nullable String userFault(@Nullable Object value) {
    return fault(value, USER_CODE_POINTS);
  }

  public static @Nullable String textFault(@Nullable Object value) {
    return fault(value, TEXT_CODE_POINTS);
  }

  /** For an id that is present. Ids end up in logs and keys, so control characters are refused. */
  public static @Nullable String idFault(@Nullable Object value) {
    String fault = fault(value, ID_CODE_POINTS);
    return value instanceof String id
            && id.chars().anyMatch(Character::isISOControl)
            && fault == null
        ? "must have no control characters"
        : fault;
  }

  private static @Nullable String fault(@Nullable Object value, int limit) {
    if (!(value instanceof String text)) {
      return notAString(value);
    }
    // A text that is far too long is refused without counting its code points.
    if (text.isEmpty()
        || text.length() > 2 * limit
        || text.codePointCount(0, text.length()) > limit) {
      return "must be 1-" + limit + " characters (Unicode code points)";
    }
    return StrictJsonReader.wellFormed(text)
        ? null
        : "has half of a surrogate pair, which no UTF-8 text can carry";
  }

  private static String notAString(@Nullable Object value) {
    return value == null ? "is missing" : "must be a string";
  }

  /** Not a regular expression: this runs for each comment. */
  private static boolean isPlain(String stream) {
    for (int i = 0; i < stream.length(); i++) {
      char c = stream.charAt(i);
      boolean letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
      if (!letter && (c < '0' || c > '9') && "._:-".indexOf(c) < 0) {
        return false;
      }
    }
    return true;
  }
}
