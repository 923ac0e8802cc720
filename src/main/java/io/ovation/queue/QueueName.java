package io.ovation.queue;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The name of one physical queue: a lane of a partition. */
public record QueueName(String queue, Lane lane, int partition) {
  private static final Pattern TEXT =
      Pattern.compile("ovation\\.(.+)\\.(high|normal|low)\\.(\\d{1,4})");

  /** Parses the result of {@link #text}; null if the text is none. */
  public static @Nullable QueueName parse(String text) {
    Matcher parts = TEXT.matcher(text);
    if (!parts.matches()) {
      return null;
    }
    Lane lane = Lane.valueOf(parts.group(2).toUpperCase(Locale.ROOT));
    return new QueueName(parts.group(1), lane, Integer.parseInt(parts.group(3)));
  }

  /** The broker's name for it: {@code ovation.<queue>.<lane>.<partition>}. */
  public String text() {
    return "ovation." + queue + "." + lane.text() + "." + partition;
  }

  @Override
  public String toString() {
    return text();
  }
}
