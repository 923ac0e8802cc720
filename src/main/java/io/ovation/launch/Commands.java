package io.ovation.launch;

import io.ovation.config.ConfigException;
import io.ovation.metrics.BuildInfo;
import java.io.PrintStream;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;

/** Runs the command that the first argument names; anything else starts a node. */
public final class Commands {
  private final List<Command> commands;
  private final List<String> roles;

  /**
   * @param roles the role classes, for the help
   * @param commands in the order in which the help lists them
   */
  public Commands(List<String> roles, Command... commands) {
    this.roles = List.copyOf(roles);
    this.commands = List.of(commands);
  }

  /** Returns the exit code of the command; empty if the arguments start a node. */
  public OptionalInt run(String[] args, PrintStream out) {
    String first = args.length == 0 ? "" : args[0];
    Optional<Command> named = commands.stream().filter(it -> it.name().equals(first)).findFirst();
    boolean ownHelp = named.filter(it -> it instanceof DelegatedCommand).isPresent();
    if (!ownHelp && Stream.of(args).anyMatch(List.of("--help", "-h", "-help", "help")::contains)) {
      out.print(Help.text(roles, commands));
      return OptionalInt.of(ExitCode.CLEAN.code());
    }
    if (List.of("--version", "-v", "-version", "version").contains(first)) {
      out.println("Ovation " + BuildInfo.load() + ", Java " + Runtime.version());
      return OptionalInt.of(ExitCode.CLEAN.code());
    }
    if (named.isPresent()) {
      return OptionalInt.of(run(named.get(), Arrays.asList(args).subList(1, args.length), out));
    }
    return OptionalInt.empty();
  }

  private static int run(Command command, List<String> arguments, PrintStream out) {
    try {
      return command.run(arguments, out);
    } catch (ConfigException e) {
      out.println(e.getMessage());
      return ExitCode.CONFIG.code();
    } catch (IllegalArgumentException e) {
      out.println(e.getMessage());
      out.println("Usage: java -jar app.jar " + command.usage());
      return ExitCode.USAGE.code();
    }
  }
}
