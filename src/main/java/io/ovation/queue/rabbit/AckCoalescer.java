package io.ovation.queue.rabbit;

import java.util.Arrays;
import java.util.TreeSet;

/**
 * Turns acks into as few AMQP acks as possible. Delivery tags of a channel are 1, 2, 3, …; all that
 * are acked without a hole from the first one go as one ack with {@code multiple}. Used on one
 * thread.
 */
final class AckCoalescer {
  private final Sender sender;

  /** Every tag up to this one is acked. */
  private long prefix;

  /** Tags above the prefix that were acked singly. */
  private final TreeSet<Long> above = new TreeSet<>();

  interface Sender {
    void ack(long tag, boolean multiple) throws java.io.IOException;
  }

  AckCoalescer(Sender sender) {
    this.sender = sender;
  }

  /**
   * @param through every tag up to this one is acked, 0 for none
   * @param singles tags acked by themselves, in any order; it is sorted here
   * @return how many tags are newly acked
   */
  long ack(long through, long[] singles) throws java.io.IOException {
    long before = prefix + above.size();
    Arrays.sort(singles);
    // RabbitMQ closes the channel for a second ack of a tag, so "multiple" names an unacked one.
    long last = lastUnacked(through);
    prefix = Math.max(prefix, through);
    above.headSet(prefix, true).clear();
    int next = 0;
    while (next < singles.length && singles[next] <= prefix + 1 || above.contains(prefix + 1)) {
      if (above.remove(prefix + 1)) {
        prefix++;
      } else if (singles[next++] > prefix) {
        last = ++prefix;
      }
    }
    if (last > 0) {
      sender.ack(last, true);
    }
    for (; next < singles.length; next++) {
      if (singles[next] > prefix && above.add(singles[next])) {
        sender.ack(singles[next], false);
      }
    }
    return prefix + above.size() - before;
  }

  /** Every tag up to this one is acked. */
  long prefix() {
    return prefix;
  }

  private long lastUnacked(long through) {
    long tag = through;
    while (tag > prefix && above.contains(tag)) {
      tag--;
    }
    return tag > prefix ? tag : 0;
  }
}
