package io.ovation.http.body;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import io.ovation.http.problem.Problem;
import io.ovation.http.problem.ProblemException;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads strict JSON (RFC 8259): one object in valid UTF-8, nothing after it, no duplicate key, no
 * string with half a surrogate pair, at most {@link #MAX_DEPTH} levels deep. What is accepted here
 * means the same to every other JSON reader.
 *
 * <p>Values are {@code String}, {@code Boolean}, null, {@code Long} or {@code BigInteger} (a number
 * without fraction and exponent), {@code BigDecimal} (any other number, and minus zero), {@code
 * Map} and {@code List}. Any thread.
 */
public final class StrictJsonReader {

  /** No valid request nests deeper than three levels; this bounds the recursion. */
  static final int MAX_DEPTH = 16;

  private static final int MAX_DIGITS = 100;

  private static final JsonFactory FACTORY =
      new JsonFactoryBuilder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(MAX_DEPTH)
                  .maxNumberLength(MAX_DIGITS)
                  .build())
          // Clients choose the keys: a shared table of them would only fill up.
          .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .build();

  private final JsonParser parser;

  private StrictJsonReader(JsonParser parser) {
    this.parser = parser;
  }

  /**
   * Reads one object.
   *
   * @param limit bytes
   * @throws ProblemException naming the invalid field, or {@code body} with the position in it
   */
  public static Map<String, @Nullable Object> object(byte[] json, int limit) {
    if (json.length > limit) {
      throw Problem.tooLarge(limit).exception();
    }
    String text = decode(json);
    try (JsonParser parser = FACTORY.createParser(text)) {
      return new StrictJsonReader(parser).document();
    } catch (StreamConstraintsException e) {
      throw body("nested deeper than " + MAX_DEPTH + " or a number too long", e);
    } catch (JsonProcessingException e) {
      throw body("is not JSON", e);
    } catch (IOException e) {
      throw body("is not JSON", null);
    }
  }

  private Map<String, @Nullable Object> document() throws IOException {
    JsonToken first = parser.nextToken();
    if (first == null) {
      throw body("is empty; a JSON object is expected", null);
    }
    if (first != JsonToken.START_OBJECT) {
      throw body("must be a JSON object", null);
    }
    Map<String, @Nullable Object> object = object();
    if (parser.nextToken() != null) {
      throw body("goes on after the JSON object", null);
    }
    return object;
  }

  private Map<String, @Nullable Object> object() throws IOException {
    // Keeps the order of the document, in which it may be passed on.
    Map<String, @Nullable Object> object = new LinkedHashMap<>();
    for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
      requireWellFormed(name);
      parser.nextToken();
      Object value = value();
      if (object.containsKey(name)) {
        throw Problem.invalid(path(), "given twice").exception();
      }
      object.put(name, value);
    }
    return object;
  }

  private List<@Nullable Object> array() throws IOException {
    List<@Nullable Object> array = new ArrayList<>();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      array.add(value());
    }
    return array;
  }

  private @Nullable Object value() throws IOException {
    return switch (parser.currentToken()) {
      case START_OBJECT -> object();
      case START_ARRAY -> array();
      case VALUE_STRING -> requireWellFormed(parser.getText());
      case VALUE_TRUE -> true;
      case VALUE_FALSE -> false;
      case VALUE_NULL -> null;
      case VALUE_NUMBER_INT -> integer();
      case VALUE_NUMBER_FLOAT -> decimal();
      default -> throw body("is not JSON", null);
    };
  }

  /** Minus zero is no integer: some languages keep its sign, others drop it. */
  private Number integer() throws IOException {
    if (parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER) {
      return parser.getBigIntegerValue();
    }
    long value = parser.getLongValue();
    return value == 0 && parser.getTextLength() > 1 ? BigDecimal.ZERO : (Number) value;
  }

  /** Some languages refuse a whole document for a number that no double holds. */
  private BigDecimal decimal() throws IOException {
    try {
      BigDecimal value = parser.getDecimalValue();
      if (Double.isFinite(value.doubleValue())) {
        return value;
      }
    } catch (NumberFormatException e) {
      // Its exponent is beyond every range.
    }
    throw Problem.invalid(path(), "is a number out of range").exception();
  }

  private String requireWellFormed(String text) {
    if (!wellFormed(text)) {
      throw Problem.invalid(path(), "holds half a surrogate pair, which is no character")
          .exception();
    }
    return text;
  }

  /** The parser's position, as in {@code a.b.2}; bounded, since it consists of a client's keys. */
  private String path() {
    String pointer = parser.getParsingContext().pathAsPointer().toString();
    String path = pointer.isEmpty() ? "body" : pointer.substring(1).replace('/', '.');
    return printable(path, 80);
  }

  private static ProblemException body(String why, @Nullable JsonProcessingException at) {
    String place =
        at == null || at.getLocation() == null
            ? ""
            : " (line %d, column %d)"
                .formatted(at.getLocation().getLineNr(), at.getLocation().getColumnNr());
    return Problem.invalid("body", printable(why, 300) + place).exception();
  }

  /** Decodes strictly: no overlong forms, no encoded surrogates (RFC 3629). */
  private static String decode(byte[] bytes) {
    if (isAscii(bytes)) {
      return new String(bytes, StandardCharsets.ISO_8859_1);
    }
    String mark = byteOrderMark(bytes);
    if (mark != null) {
      String why = "begins with the byte order mark of " + mark + "; send UTF-8 without one";
      throw Problem.invalid("body", why).exception();
    }
    CharBuffer chars = CharBuffer.allocate(bytes.length);
    ByteBuffer in = ByteBuffer.wrap(bytes);
    if (StandardCharsets.UTF_8.newDecoder().decode(in, chars, true).isError()) {
      throw Problem.invalid("body", "is not UTF-8 at byte " + in.position()).exception();
    }
    return chars.flip().toString();
  }

  private static boolean isAscii(byte[] bytes) {
    for (byte b : bytes) {
      if (b < 0) {
        return false;
      }
    }
    return true;
  }

  private static @Nullable String byteOrderMark(byte[] bytes) {
    int first = bytes.length < 2 ? 0 : (bytes[0] & 0xFF) << 8 | (bytes[1] & 0xFF);
    if (first == 0xEFBB && bytes.length > 2 && (bytes[2] & 0xFF) == 0xBF) {
      return "UTF-8";
    }
    return first == 0xFEFF || first == 0xFFFE ? "UTF-16" : null;
  }

  /** Whether every surrogate has its other half. */
  static boolean wellFormed(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (Character.isSurrogate(c)) {
        boolean pair =
            Character.isHighSurrogate(c)
                && i + 1 < text.length()
                && Character.isLowSurrogate(text.charAt(i + 1));
        if (!pair) {
          return false;
        }
        i++;
      }
    }
    return true;
  }

  /** The first {@code max} characters, with control characters and halves of pairs replaced. */
  private static String printable(String text, int max) {
    String cut = text.length() > max ? text.substring(0, max) + "…" : text;
    return cut.replaceAll("[\\p{Cc}\\p{Cs}]", "?");
  }
}
