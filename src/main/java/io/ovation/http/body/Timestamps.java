package io.ovation.http.body;

import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.util.Locale;

/** Times as people and programs read them: RFC 3339, UTC, always with milliseconds. */
public final class Timestamps {
  private static final DateTimeFormatter FORMAT =
      new DateTimeFormatterBuilder().appendInstant(3).toFormatter(Locale.ROOT);

  private Timestamps() {}

  /**
   * @param ms since 1970
   */
  public static String of(long ms) {
    return FORMAT.format(Instant.ofEpochMilli(ms));
  }
}
