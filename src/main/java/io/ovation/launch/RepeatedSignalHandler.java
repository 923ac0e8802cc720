package io.ovation.launch;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import sun.misc.Signal;

/**
 * Handles SIGTERM and Ctrl-C while the process is stopping, which the JVM itself would ignore: the
 * sender does not want to wait. Uses {@code sun.misc.Signal} (module {@code jdk.unsupported}), the
 * only way the JDK offers.
 */
public final class RepeatedSignalHandler {
  private static final Logger log = LoggerFactory.getLogger(RepeatedSignalHandler.class);

  private RepeatedSignalHandler() {}

  /** From now on a signal only runs {@code task}, on a thread of its own. */
  public static void runs(Runnable task) {
    for (String name : new String[] {"TERM", "INT"}) {
      try {
        Signal.handle(
            new Signal(name),
            signal -> {
              log.warn("received a second signal; not waiting for viewers to disconnect");
              task.run();
            });
      } catch (IllegalArgumentException e) {
        log.debug("SIG{} can't be handled: {}", name, e.getMessage());
      }
    }
  }
}
