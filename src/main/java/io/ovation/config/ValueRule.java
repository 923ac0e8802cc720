package io.ovation.config;

import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a key may hold.
 *
 * @param expected in words, for the refusal
 * @param parse the value as its type, or null if it is not allowed
 */
record ValueRule(String expected, Parse parse) {

  /** Takes what YAML, JSON or the environment gave. */
  interface Parse {
    @Nullable Object value(Object raw);
  }

  static ValueRule integer(int min, int max) {
    return new ValueRule(
        "a whole number from " + min + " to " + max,
        raw -> {
          Long number = Quantities.whole(raw);
          return number == null || number < min || number > max ? null : number.intValue();
        });
  }

  /** A size that fits the int or long it is kept in. */
  static ValueRule size(String min, String max, boolean asInt) {
    long from = Quantities.required(Quantities.bytes(min));
    long to = Quantities.required(Quantities.bytes(max));
    return new ValueRule(
        "a size from " + min + " to " + max + ", as in 64KiB (B, KiB, MiB or GiB)",
        raw -> {
          Long bytes = Quantities.bytes(raw);
          if (bytes == null || bytes < from || bytes > to) {
            return null;
          }
          return asInt ? (Object) bytes.intValue() : bytes;
        });
  }

  static ValueRule duration(String min, String max) {
    Duration from = Quantities.required(Quantities.duration(min));
    Duration to = Quantities.required(Quantities.duration(max));
    return new ValueRule(
        "a duration from " + min + " to " + max + ", as in 25s (ms, s, m, h or d)",
        raw -> {
          Duration value = Quantities.duration(raw);
          return value == null || value.compareTo(from) < 0 || value.compareTo(to) > 0
              ? null
              : value;
        });
  }

  static ValueRule oneOf(String... values) {
    List<String> allowed = List.of(values);
    return new ValueRule(
        "one of " + String.join(", ", allowed),
        raw -> raw instanceof String text && allowed.contains(text) ? text : null);
  }

  static ValueRule yesOrNo() {
    return new ValueRule(
        "true or false",
        raw -> {
          String text = String.valueOf(raw);
          return text.equals("true") || text.equals("false") ? Boolean.valueOf(text) : null;
        });
  }

  /** A string, or a bare number taken as one: {@code region: 1}. */
  static ValueRule text(String regex, String expected) {
    Pattern pattern = Pattern.compile(regex);
    return new ValueRule(
        expected,
        raw -> {
          String text = raw instanceof String || raw instanceof Number ? raw.toString() : null;
          return text != null && pattern.matcher(text).matches() ? text : null;
        });
  }
}
