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
record Rule(String expected, Parse parse) {

  /** Takes what YAML, JSON or the environment gave. */
  interface Parse {
    @Nullable Object value(Object raw);
  }

  static Rule integer(int min, int max) {
    return new Rule(
        "a whole number from " + min + " to " + max,
        raw -> {
          Long number = Units.whole(raw);
          return number == null || number < min || number > max ? null : number.intValue();
        });
  }

  /** A size that fits the int or long it is kept in. */
  static Rule size(String min, String max, boolean asInt) {
    long from = Units.required(Units.bytes(min));
    long to = Units.required(Units.bytes(max));
    return new Rule(
        "a size from " + min + " to " + max + ", as in 64KiB (B, KiB, MiB or GiB)",
        raw -> {
          Long bytes = Units.bytes(raw);
          if (bytes == null || bytes < from || bytes > to) {
            return null;
          }
          return asInt ? (Object) bytes.intValue() : bytes;
        });
  }

  static Rule duration(String min, String max) {
    Duration from = Units.required(Units.duration(min));
    Duration to = Units.required(Units.duration(max));
    return new Rule(
        "a duration from " + min + " to " + max + ", as in 25s (ms, s, m, h or d)",
        raw -> {
          Duration value = Units.duration(raw);
          return value == null || value.compareTo(from) < 0 || value.compareTo(to) > 0
              ? null
              : value;
        });
  }

  static Rule oneOf(String... values) {
    List<String> allowed = List.of(values);
    return new Rule(
        "one of " + String.join(", ", allowed),
        raw -> raw instanceof String text && allowed.contains(text) ? text : null);
  }

  static Rule yesOrNo() {
    return new Rule(
        "true or false",
        raw -> {
          String text = String.valueOf(raw);
          return text.equals("true") || text.equals("false") ? Boolean.valueOf(text) : null;
        });
  }

  /** A string, or a bare number taken as one: {@code region: 1}. */
  static Rule text(String regex, String expected) {
    Pattern pattern = Pattern.compile(regex);
    return new Rule(
        expected,
        raw -> {
          String text = raw instanceof String || raw instanceof Number ? raw.toString() : null;
          return text != null && pattern.matcher(text).matches() ? text : null;
        });
  }
}
