package io.ovation.moderation;

import io.ovation.http.problem.Problem;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Durations in requests: a number with ms, s, m, h or d, as in the configuration. */
public final class DurationText {
  private static final Pattern AMOUNT = Pattern.compile("(\\d{1,9})(ms|s|m|h|d)");
  private static final Map<String, Long> UNITS =
      Map.of("ms", 1L, "s", 1_000L, "m", 60_000L, "h", 3_600_000L, "d", 86_400_000L);

  private DurationText() {}

  /**
   * @throws io.ovation.http.problem.ProblemException naming {@code field}
   */
  public static long millis(String field, @Nullable Object value, long least, long most) {
    if (value instanceof String text) {
      Matcher matcher = AMOUNT.matcher(text);
      if (matcher.matches()) {
        long unit = UNITS.getOrDefault(matcher.group(2), 0L);
        long millis = Math.multiplyExact(Long.parseLong(matcher.group(1)), unit);
        if (millis >= least && millis <= most) {
          return millis;
        }
      }
    }
    String why = "must be a duration from %s to %s, as in 10m (ms, s, m, h or d)";
    throw Problem.invalid(field, why.formatted(of(least), of(most))).exception();
  }

  /** In the largest unit that divides it. */
  public static String of(long millis) {
    if (millis == 0) {
      return "0s";
    }
    for (String unit : new String[] {"d", "h", "m", "s"}) {
      long size = UNITS.getOrDefault(unit, 1L);
      if (millis % size == 0) {
        return millis / size + unit;
      }
    }
    return millis + "ms";
  }
}
