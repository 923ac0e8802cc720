package io.ovation.queue;

import io.micrometer.core.instrument.Counter;
import io.ovation.metrics.Metrics;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs tasks that repeat or that others wait for. Whatever one of them throws is counted and
 * logged, and the next one runs: no exception ends a loop. Any thread.
 */
public final class TaskGuard {
  private static final Logger log = LoggerFactory.getLogger(TaskGuard.class);

  private final Counter failures;

  public TaskGuard(Metrics metrics) {
    failures =
        metrics.counter("ovation.queue.tasks.failed", "Repeated tasks that threw; each goes on");
  }

  /**
   * Runs {@code task} now.
   *
   * @param what for the log, as in "sweep of publishes"
   */
  @SuppressWarnings("CatchThrowable") // An error too ends one run only.
  public void run(String what, Runnable task) {
    try {
      task.run();
    } catch (Throwable e) {
      failures.increment();
      log.error("Unexpected failure of the {}; it goes on", what, e);
    }
  }
}
