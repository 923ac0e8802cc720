package io.ovation.queue.embedded;

import io.ovation.disk.Disk;
import io.ovation.queue.FailureDetails;
import io.ovation.queue.QueueName;
import io.ovation.queue.embedded.EmbeddedQueue.Appended;
import io.ovation.vertx.Contexts;
import io.vertx.core.Context;
import java.util.ArrayList;
import java.util.List;
import org.h2.mvstore.MVMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads one queue's log, on the disk thread, where no version of the log disappears meanwhile. */
final class LogReader {
  private static final Logger logger = LoggerFactory.getLogger(LogReader.class);

  /** An item whose handling a process survives for so long does not end processes. */
  private static final long HARMLESS_MS = 10_000;

  private final QueueName name;
  private final MVMap<Long, byte[]> log;
  private final EmbeddedDeadLetters deadLetters;
  private final CrashSuspects suspects;
  private final Disk disk;
  private final Context timers;

  LogReader(
      QueueName name,
      MVMap<Long, byte[]> log,
      EmbeddedDeadLetters deadLetters,
      CrashSuspects suspects,
      Disk disk,
      Context timers) {
    this.name = name;
    this.log = log;
    this.deadLetters = deadLetters;
    this.suspects = suspects;
    this.disk = disk;
    this.timers = timers;
  }

  List<Appended> read(long from, int limit) {
    List<Appended> found = new ArrayList<>();
    var entries = log.cursor(from);
    while (found.size() < limit && entries.hasNext()) {
      found.add(new Appended(entries.next(), entries.getValue()));
    }
    return found;
  }

  /**
   * Reads the next item and notes that it is handed out by itself. The one that ended too many
   * processes becomes a dead letter.
   */
  List<Appended> next(long from) {
    List<Appended> found = read(from, 1);
    while (!found.isEmpty() && !suspects.handOut(found.get(0).key())) {
      Appended deadly = found.get(0);
      giveUp(deadly);
      found = read(deadly.key() + 1, 1);
    }
    for (Appended item : found) {
      Contexts.setTimer(timers, HARMLESS_MS, t -> disk.write(() -> suspects.clear(item.key())));
    }
    return found;
  }

  private void giveUp(Appended item) {
    String reason =
        "its handling ended the process " + CrashSuspects.LIMIT + " times, without an outcome";
    logger.error("Moving item {} of {} to the dead letters: {}", item.key(), name, reason);
    FailureDetails failure = new FailureDetails(reason, null, CrashSuspects.LIMIT, 0);
    deadLetters.add(name, item.body(), failure, System.currentTimeMillis());
    log.remove(item.key());
  }
}
