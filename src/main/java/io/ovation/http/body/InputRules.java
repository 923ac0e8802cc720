package io.ovation.http.body;

import io.ovation.http.problem.Problem;
import io.ovation.http.problem.ProblemException;
import java.text.Normalizer;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The rules for stream names, users, texts and ids, the same at every door: HTTP, sockets and
 * queues. A check ({@code …Fault}) takes a value as read from JSON and returns null, or why it is
 * refused, to follow the field's name. {@link #stream}, {@link #user}, {@link #text} and {@link
 * #id} check the field of that name and return its value as it is kept: users and texts in NFC, so
 * that one name is not two.
 */
public final class InputRules {
  public static final int STREAM_LENGTH = 128;
  public static final int USER_CODE_POINTS = 64;
  public static final int TEXT_CODE_POINTS = 500;
  public static final int ID_CODE_POINTS = 128;

  /** UTF-16 units that NFC may make of one: no text grows or shrinks by more. */
  private static final int MAX_SHRINK = 8;

  /** Below it no character composes or decomposes. */
  private static final int FIRST_MARK = 0x300;

  private static final String PATH_STEP = "must not be . or ..";

  /** Stands for null where a value is expected: no check takes it. */
  private static final Object NULL = new Object();

  private InputRules() {}

  /** An optional field's value, null if it is absent. One that is null in the JSON is invalid. */
  public static @Nullable Object given(Map<String, @Nullable Object> fields, String field) {
    Object value = fields.get(field);
    return value == null && fields.containsKey(field) ? NULL : value;
  }

  /**
   * @throws ProblemException if it is invalid
   */
  public static String stream(@Nullable Object value) {
    return valid("stream", value, streamFault(value));
  }

  /**
   * @return the name in NFC
   * @throws ProblemException if it is invalid
   */
  public static String user(@Nullable Object value) {
    return user("user", value);
  }

  /** The same for a user that another field names. */
  public static String user(String field, @Nullable Object value) {
    return nfc(valid(field, value, userFault(value)));
  }

  /**
   * @return the text in NFC
   * @throws ProblemException if it is invalid
   */
  public static String text(@Nullable Object value) {
    return text("text", value);
  }

  /** The same for a text in another field. */
  public static String text(String field, @Nullable Object value) {
    return nfc(valid(field, value, textFault(value)));
  }

  /**
   * @return null if it is absent
   * @throws ProblemException if it is invalid
   */
  public static @Nullable String id(@Nullable Object value) {
    return value == null ? null : valid("id", value, idFault(value));
  }

  private static String valid(String field, @Nullable Object value, @Nullable String fault) {
    Problem.require(field, fault);
    return String.valueOf(value);
  }

  public static @Nullable String streamFault(@Nullable Object value) {
    return nameFault(value, STREAM_LENGTH);
  }

  /** For names in paths and keys, of at most {@code limit} plain characters. */
  public static @Nullable String nameFault(@Nullable Object value, int limit) {
    if (!(value instanceof String name)) {
      return notAString(value);
    }
    if (isPathStep(name)) {
      return PATH_STEP;
    }
    boolean valid = !name.isEmpty() && name.length() <= limit && isPlain(name);
    return valid ? null : "must be 1-" + limit + " of A-Z a-z 0-9 . _ : -";
  }

  public static @Nullable String userFault(@Nullable Object value) {
    return fault(value, USER_CODE_POINTS, true);
  }

  public static @Nullable String textFault(@Nullable Object value) {
    return fault(value, TEXT_CODE_POINTS, false);
  }

  /** For an id that is present. Ids end up in logs and keys, so control characters are refused. */
  public static @Nullable String idFault(@Nullable Object value) {
    if (!(value instanceof String id)) {
      return notAString(value);
    }
    String fault = lengthFault(id, ID_CODE_POINTS);
    if (isPathStep(id)) {
      return PATH_STEP;
    }
    boolean control = fault == null && id.chars().anyMatch(Character::isISOControl);
    return control ? "must have no control characters" : fault;
  }

  /** The form in which names and texts are kept and compared (Unicode's NFC). */
  public static String nfc(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) >= FIRST_MARK) {
        return Normalizer.normalize(text, Normalizer.Form.NFC);
      }
    }
    return text;
  }

  private static @Nullable String fault(@Nullable Object value, int limit, boolean isName) {
    if (!(value instanceof String text)) {
      return notAString(value);
    }
    if (isName && isPathStep(text)) {
      return PATH_STEP;
    }
    // Normalizing takes time: what can't become short enough is not normalized.
    boolean hopeless = text.length() > MAX_SHRINK * limit;
    String kept = hopeless ? text : nfc(text);
    String fault = lengthFault(kept, limit);
    return fault == null ? CharacterRules.fault(kept, isName) : fault;
  }

  private static @Nullable String lengthFault(String text, int limit) {
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

  /**
   * Clients and proxies resolve these as steps in a path: no route could name such a user or
   * comment, so nobody could ban or delete it.
   */
  private static boolean isPathStep(String name) {
    return name.equals(".") || name.equals("..");
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
