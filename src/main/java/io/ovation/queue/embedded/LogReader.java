package io.ovation.queue.embedded;

import io.ovation.queue.FailureDetails;
import io.ovation.queue.QueueName;
import io.ovation.queue.embedded.EmbeddedQueue.Appended;
import java.util.ArrayList;
import java.util.List;
import org.h2.mvstore.MVMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads one queue's log, and finds the item that ends each process which handles it: after a
 * process that did not close the broker, items are handed out one at a time, and which one is out
 * is written before. If the process ends again, that item is the suspect. On the disk thread, where
 * no version of the log disappears during a read, unless stated otherwise.
 */
final class LogReader {
  private static final Logger logger = LoggerFactory.getLogger(LogReader.class);

  /** Ends of a process with the item alone in its hands after which the item is given up. */
  static final int LIMIT = 3;

  private static final int COUNT_BITS = 4;

  private final QueueName name;
  private final MVMap<Long, byte[]> log;
  private final EmbeddedDeadLetters deadLetters;

  /** By queue: the key of the item that is out, and how often a process ended with it. */
  private final MVMap<String, Long> handedOut;

  /** What the last process left; null if it closed the broker. */
  private final @Nullable Long left;

  private boolean first = true;

  /** Any thread. */
  LogReader(
      QueueName name,
      MVMap<Long, byte[]> log,
      EmbeddedDeadLetters deadLetters,
      MVMap<String, Long> handedOut) {
    this.name = name;
    this.log = log;
    this.deadLetters = deadLetters;
    this.handedOut = handedOut;
    this.left = handedOut.get(name.text());
  }

  /** Whether the last process that had the queue ended without closing the broker. Any thread. */
  boolean crashed() {
    return left != null;
  }

  /** From now on an end without {@link #close} is a crash. */
  @Nullable Long begin() {
    return handedOut.putIfAbsent(name.text(), 0L);
  }

  @Nullable Long close() {
    return handedOut.remove(name.text());
  }

  List<Appended> read(long from, int limit) {
    List<Appended> found = new ArrayList<>();
    var entries = log.cursor(from);
    while (found.size() < limit && entries.hasNext()) {
      found.add(new Appended(entries.next(), entries.getValue()));
    }
    return found;
  }

  /** Reads the next item and notes that it is handed out; a suspect becomes a dead letter. */
  List<Appended> handOut(long from) {
    for (List<Appended> found = read(from, 1); !found.isEmpty(); found = read(from, 1)) {
      Appended item = found.get(0);
      boolean suspect = first && left != null && left >> COUNT_BITS == item.key();
      long ends = suspect && left != null ? (left & (1 << COUNT_BITS) - 1) + 1 : 0;
      first = false;
      if (ends < LIMIT) {
        handedOut.put(name.text(), item.key() << COUNT_BITS | ends);
        return found;
      }
      giveUp(item);
    }
    return List.of();
  }

  private void giveUp(Appended item) {
    String reason = "its handling ended the process " + LIMIT + " times, without an outcome";
    logger.error("Moving item {} of {} to the dead letters: {}", item.key(), name, reason);
    FailureDetails failure = new FailureDetails(reason, null, LIMIT, 0);
    deadLetters.add(name, item.body(), failure, System.currentTimeMillis());
    log.remove(item.key());
  }

  /** A process has survived the item. */
  @Nullable Long clear(long key) {
    Long now = handedOut.get(name.text());
    return now != null && now >> COUNT_BITS == key ? handedOut.put(name.text(), 0L) : now;
  }
}
