package io.ovation.launch;

import org.jspecify.annotations.Nullable;

/** What {@code check} found out about one thing; the text of a bad one says what to do. */
record Finding(boolean good, String what, String text) {

  static Finding ok(String what, String text) {
    return new Finding(true, what, text);
  }

  static Finding wrong(String what, @Nullable String text) {
    return new Finding(false, what, String.valueOf(text));
  }

  @Override
  public String toString() {
    return "%-6s %-14s %s".formatted(good ? "ok" : "WRONG", what, text);
  }
}
