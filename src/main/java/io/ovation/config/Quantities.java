package io.ovation.config;

import java.math.BigInteger;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Numbers with a unit. A method that returns null did not understand. */
final class Quantities {
  /** Up to 15 digits, so that no product below can overflow unnoticed. */
  private static final Pattern NUMBER_UNIT = Pattern.compile("(\\d{1,15}) ?([A-Za-z]+)");

  private static final Map<String, ChronoUnit> TIMES =
      Map.of(
          "ms", ChronoUnit.MILLIS,
          "s", ChronoUnit.SECONDS,
          "m", ChronoUnit.MINUTES,
          "h", ChronoUnit.HOURS,
          "d", ChronoUnit.DAYS);
  private static final Map<String, Long> SIZES =
      Map.of("B", 1L, "KiB", 1L << 10, "MiB", 1L << 20, "GiB", 1L << 30);

  private Quantities() {}

  static @Nullable Duration duration(Object raw) {
    Matcher matcher = NUMBER_UNIT.matcher(raw.toString());
    if (!matcher.matches()) {
      return null;
    }
    ChronoUnit unit = TIMES.get(matcher.group(2));
    return unit == null ? null : Duration.of(Long.parseLong(matcher.group(1)), unit);
  }

  static @Nullable Long bytes(Object raw) {
    Matcher matcher = NUMBER_UNIT.matcher(raw.toString());
    if (!matcher.matches()) {
      return null;
    }
    Long unit = SIZES.get(matcher.group(2));
    try {
      return unit == null ? null : Math.multiplyExact(Long.parseLong(matcher.group(1)), unit);
    } catch (ArithmeticException e) {
      return null;
    }
  }

  /** Strings count, because the environment has nothing else. */
  static @Nullable Long whole(Object raw) {
    if (raw instanceof Integer || raw instanceof Long) {
      return ((Number) raw).longValue();
    }
    boolean digits = raw instanceof String text && text.matches("-?\\d{1,18}");
    return digits || (raw instanceof BigInteger big && big.bitLength() < 63)
        ? Long.valueOf(raw.toString())
        : null;
  }

  static <T> T required(@Nullable T value) {
    return Objects.requireNonNull(value);
  }
}
