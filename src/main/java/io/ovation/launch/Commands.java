package io.ovation.launch;

import io.ovation.config.ConfigException;
import io.ovation.metrics.BuildInfo;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;

/** Runs the command that the first word names; anything else starts a node. */
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
    int word = firstWord(args);
    Optional<Command> named = named(word < args.length ? args[word] : "");
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
      List<String> others = new ArrayList<>(List.of(args));
      others.remove(word);
      return OptionalInt.of(run(named.get(), others, out));
    }
    return OptionalInt.empty();
  }

  /** The commands' names, in the order of the help. */
  public List<String> names() {
    return commands.stream().map(Command::name).toList();
  }

  private Optional<Command> named(String word) {
    return commands.stream().filter(it -> it.name().equals(word)).findFirst();
  }

  /** Where the first argument is that is neither an option nor the value of {@code -conf}. */
  private static int firstWord(String[] args) {
    int at = 0;
    while (at < args.length && args[at].startsWith("-")) {
      at += args[at].equals("-conf") ? 2 : 1;
    }
    return at;
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
