package io.ovation.queue;

import java.util.Locale;

/**
 * The priority class of a queue's items. A queue has one lane unless its contract declares more.
 */
public enum Lane {
  HIGH,
  NORMAL,
  LOW;

  /** The spelling in queue names and in JSON. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }
}
