package io.ovation.launch;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import sun.misc.Signal;

/**
 * SIGTERM or Ctrl-C while the process stops already, which the JVM by itself would not hear of:
 * whoever sends it does not want to wait. {@code sun.misc.Signal} is what JDKs offer for that
 * (module {@code jdk.unsupported}).
 */
public final class RepeatedSignalHandler {
  private static final Logger log = LoggerFactory.getLogger(RepeatedSignalHandler.class);

  private RepeatedSignalHandler() {}

  /** From now on a signal runs {@code task}, on a thread of its own, and nothing else. */
  public static void runs(Runnable task) {
    for (String name : new String[] {"TERM", "INT"}) {
      try {
        Signal.handle(
            new Signal(name),
            signal -> {
              log.warn("a second signal: viewers are not waited for");
              task.run();
            });
      } catch (IllegalArgumentException e) {
        log.debug("SIG{} is not ours to hear: {}", name, e.getMessage());
      }
    }
  }
}
