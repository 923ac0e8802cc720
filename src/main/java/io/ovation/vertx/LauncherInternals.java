package io.ovation.vertx;

import io.vertx.core.internal.logging.LoggerFactory;
import io.vertx.launcher.application.VertxApplication;
import io.vertx.launcher.application.VertxApplicationHooks;
import io.vertx.launcher.application.impl.CommandException;
import io.vertx.launcher.application.impl.VertxApplicationCommand;
import picocli.CommandLine;

/** What the server needs of Vert.x's launcher beyond its public interface. */
public final class LauncherInternals {
  private LauncherInternals() {}

  /** A parser of the launcher's own command line, which knows all options that take a value. */
  public static CommandLine commandLine() {
    VertxApplicationCommand command =
        new VertxApplicationCommand(
            new VertxApplication(new String[0]),
            VertxApplicationHooks.DEFAULT,
            LoggerFactory.getLogger(LauncherInternals.class));
    return new CommandLine(command).setOptionsCaseInsensitive(true);
  }

  /** Thrown out of a launcher's hook, ends the launch with {@code exitCode}. */
  public static RuntimeException abortLaunch(int exitCode) {
    return new CommandException(exitCode);
  }
}
