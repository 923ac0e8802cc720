package io.ovation.config;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.lang.reflect.RecordComponent;
import java.net.URI;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a key may hold, taken from the type and the annotation of its component in {@link Config}.
 *
 * @param expected in words, for the error text
 * @param parse turns what YAML, JSON or the environment gave into the component's type; null if the
 *     value is not allowed
 */
record ValueRule(String expected, Function<Object, @Nullable Object> parse) {
  private static final Map<String, Long> NO_UNIT = Map.of("", 1L);
  private static final Map<String, Long> MILLIS =
      Map.of("ms", 1L, "s", 1_000L, "m", 60_000L, "h", 3_600_000L, "d", 86_400_000L);
  private static final Map<String, Long> BYTES =
      Map.of("B", 1L, "KiB", 1L << 10, "MiB", 1L << 20, "GiB", 1L << 30);

  private static final Pattern AMOUNT = Pattern.compile("(-?\\d{1,15})(?: ?([A-Za-z]+))?");
  private static final Pattern BETWEEN_ITEMS = Pattern.compile("[\\s,]+");
  private static final int MAX_ITEMS = 32;

  /** The least and the greatest value of a number, a duration or a size, with its unit. */
  @Target(ElementType.RECORD_COMPONENT)
  @Retention(RetentionPolicy.RUNTIME)
  @interface Range {
    String min();

    String max();
  }

  /** A pattern for a string, for each item of a list, or for each key of a map of URLs. */
  @Target(ElementType.RECORD_COMPONENT)
  @Retention(RetentionPolicy.RUNTIME)
  @interface Matches {
    String value();

    /** In words, for the error text. */
    String expected();
  }

  static ValueRule of(RecordComponent component) {
    Class<?> type = component.getType();
    Range range = component.getAnnotation(Range.class);
    if (range != null) {
      return amount(type, range.min(), range.max());
    }
    if (type == boolean.class) {
      return new ValueRule("true or false", ValueRule::yesOrNo);
    }
    Matches matches = component.getAnnotation(Matches.class);
    if (matches == null) {
      throw new IllegalStateException(component + " has no rule");
    }
    Pattern pattern = Pattern.compile(matches.value());
    return new ValueRule(
        matches.expected(),
        type == List.class
            ? raw -> list(raw, pattern)
            : type == Map.class ? raw -> urls(raw, pattern) : raw -> text(raw, pattern));
  }

  private static ValueRule amount(Class<?> type, String min, String max) {
    boolean duration = type == Duration.class;
    boolean size = !duration && min.endsWith("B");
    Map<String, Long> units = duration ? MILLIS : size ? BYTES : NO_UNIT;
    String what = duration ? "a duration" : size ? "a size" : "a whole number";
    String example =
        duration
            ? ", as in 25s (ms, s, m, h or d)"
            : size ? ", as in 64KiB (B, KiB, MiB or GiB)" : "";
    long least = Objects.requireNonNull(amount(min, units));
    long most = Objects.requireNonNull(amount(max, units));
    return new ValueRule(
        what + " from " + min + " to " + max + example,
        raw -> {
          Long value = amount(raw, units);
          if (value == null || value < least || value > most) {
            return null;
          }
          if (duration) {
            return Duration.ofMillis(value);
          }
          return type == int.class ? (Object) value.intValue() : value;
        });
  }

  private static @Nullable Long amount(Object raw, Map<String, Long> units) {
    Matcher matcher = AMOUNT.matcher(raw.toString());
    if (!matcher.matches()) {
      return null;
    }
    Long unit = units.get(matcher.group(2) == null ? "" : matcher.group(2));
    try {
      return unit == null ? null : Math.multiplyExact(Long.parseLong(matcher.group(1)), unit);
    } catch (ArithmeticException overflow) {
      return null;
    }
  }

  private static @Nullable Boolean yesOrNo(Object raw) {
    String text = raw.toString();
    return text.equals("true") || text.equals("false") ? Boolean.valueOf(text) : null;
  }

  /** A string, or a bare number taken as one: {@code region: 1}. */
  private static @Nullable String text(Object raw, Pattern pattern) {
    boolean scalar = raw instanceof String || raw instanceof Number;
    return scalar && pattern.matcher(raw.toString()).matches() ? raw.toString() : null;
  }

  /** The environment has only strings: there, blanks or commas separate the items. */
  private static @Nullable List<String> list(Object raw, Pattern pattern) {
    List<String> items =
        raw instanceof List<?> list
            ? list.stream().map(String::valueOf).toList()
            : BETWEEN_ITEMS
                .splitAsStream(raw.toString().trim())
                .filter(item -> !item.isEmpty())
                .toList();
    boolean valid =
        (!items.isEmpty() || pattern.matcher("").matches())
            && items.size() <= MAX_ITEMS
            && new HashSet<>(items).size() == items.size()
            && items.stream().allMatch(pattern.asMatchPredicate());
    return valid ? items : null;
  }

  /** The same for {@code key=url} pairs. */
  private static @Nullable Map<String, String> urls(Object raw, Pattern key) {
    Map<String, String> urls = new LinkedHashMap<>();
    boolean valid = true;
    if (raw instanceof Map<?, ?> map) {
      map.forEach((name, url) -> urls.put(String.valueOf(name), String.valueOf(url)));
    } else {
      for (String pair : BETWEEN_ITEMS.split(raw.toString().trim())) {
        String[] parts = pair.split("=", 2);
        valid &= pair.isEmpty() || (parts.length == 2 && urls.put(parts[0], parts[1]) == null);
      }
    }
    valid &= urls.keySet().stream().allMatch(key.asMatchPredicate());
    return valid && urls.values().stream().allMatch(ValueRule::isHttp) ? urls : null;
  }

  private static boolean isHttp(String url) {
    try {
      URI uri = URI.create(url);
      boolean http = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
      // A password in a URL would end up in logs; receivers check the signature instead.
      return http && uri.getHost() != null && uri.getUserInfo() == null;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }
}
