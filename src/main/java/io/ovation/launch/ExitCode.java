package io.ovation.launch;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The process's exit codes, with the numbers of BSD's {@code sysexits.h}, so that an orchestrator
 * can tell a wrong setting (don't restart) from an unavailable dependency (restart). The launcher
 * adds its own: 11 when Vert.x or the cluster could not be started.
 */
public enum ExitCode {
  /** Stopped on request. */
  CLEAN(0),
  /** The command line names something that does not exist. */
  USAGE(64),
  /** RabbitMQ, Redis or the local disk was unavailable for longer than its limit. */
  UNAVAILABLE(69),
  /** Any other failure; the log has the stack trace. */
  FAILED(70),
  /** The configuration is invalid, or does not fit the installation. */
  CONFIG(78);

  private static final Logger log = LoggerFactory.getLogger(ExitCode.class);
  private static final AtomicInteger STATUS = new AtomicInteger();

  private final int code;

  ExitCode(int code) {
    this.code = code;
  }

  public int code() {
    return code;
  }

  /**
   * Shuts down in order and ends the process with this code; only the first call counts. Returns at
   * once: {@code System.exit} waits for the shutdown, and an event loop that waited would block it.
   */
  public void now() {
    now(code);
  }

  /** Ends the process unless the launcher's {@code code} is 0. */
  public static void unlessClean(int code) {
    if (code != CLEAN.code) {
      now(code);
    }
  }

  private static void now(int code) {
    if (STATUS.compareAndSet(CLEAN.code, code)) {
      new Thread(() -> System.exit(code), "ovation-exit").start();
    }
  }

  /** Ends the process if its shutdown, including the cluster's, takes longer than {@code limit}. */
  public static void haltAfter(Duration limit) {
    long ms = limit.toMillis();
    CompletableFuture.delayedExecutor(ms, TimeUnit.MILLISECONDS, Runnable::run)
        .execute(
            () -> {
              log.warn("the shutdown takes longer than {} ms; ending the process now", ms);
              halt();
            });
  }

  /**
   * Ends the process after its shutdown. The JVM would return 143 after SIGTERM, which process
   * supervisors take for a failure.
   */
  public static void halt() {
    Runtime.getRuntime().halt(STATUS.get());
  }
}
