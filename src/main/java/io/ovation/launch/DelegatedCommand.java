package io.ovation.launch;

import java.io.PrintStream;
import java.util.List;
import java.util.function.BiFunction;

/**
 * A command that another package runs, and that prints its own {@code --help}.
 *
 * @param body takes what followed the word, and where to print; returns the exit code
 */
public record DelegatedCommand(
    String usage, String summary, BiFunction<String[], PrintStream, Integer> body)
    implements Command {

  @Override
  public int run(List<String> arguments, PrintStream out) {
    return body.apply(arguments.toArray(String[]::new), out);
  }
}
