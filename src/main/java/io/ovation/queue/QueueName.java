package io.ovation.queue;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The name of one physical queue: a lane of a partition.
 *
 * @param outbox whether it holds what waits for another installation; then it has no lanes
 */
public record QueueName(String queue, Lane lane, int partition, boolean outbox) {
  private static final Pattern TEXT =
      Pattern.compile("ovation\\.(.+)\\.(high|normal|low)\\.(\\d{1,4})");

  public QueueName(String queue, Lane lane, int partition) {
    this(queue, lane, partition, false);
  }

  /** What waits for the installation of that name. */
  public static QueueName outbox(String target, int partition) {
    return new QueueName("outbox." + target, Lane.NORMAL, partition, true);
  }

  /** Parses the result of {@link #text}; null if the text is none. */
  public static @Nullable QueueName parse(String text) {
    Matcher parts = TEXT.matcher(text);
    if (!parts.matches()) {
      return null;
    }
    Lane lane = Lane.valueOf(parts.group(2).toUpperCase(Locale.ROOT));
    return new QueueName(parts.group(1), lane, Integer.parseInt(parts.group(3)));
  }

  /**
   * The broker's name for it: {@code ovation.<queue>.<lane>.<partition>}, or {@code
   * ovation.outbox.<target>.<partition>}.
   */
  public String text() {
    return "ovation." + queue + (outbox ? "" : "." + lane.text()) + "." + partition;
  }

  @Override
  public String toString() {
    return text();
  }
}
