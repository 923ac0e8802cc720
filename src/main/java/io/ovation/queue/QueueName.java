package io.ovation.queue;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** One physical queue. */
public record QueueName(String queue, Lane lane, int partition) {
  private static final Pattern TEXT =
      Pattern.compile("ovation\\.(.+)\\.(high|normal|low)\\.(\\d{1,4})");

  /** What {@link #text} made; null if it did not make this. */
  public static @Nullable QueueName parse(String text) {
    Matcher parts = TEXT.matcher(text);
    if (!parts.matches()) {
      return null;
    }
    Lane lane = Lane.valueOf(parts.group(2).toUpperCase(java.util.Locale.ROOT));
    return new QueueName(parts.group(1), lane, Integer.parseInt(parts.group(3)));
  }

  /** The broker's name of it: {@code ovation.<queue>.<lane>.<partition>}. */
  public String text() {
    return "ovation." + queue + "." + lane.text() + "." + partition;
  }

  @Override
  public String toString() {
    return text();
  }
}
