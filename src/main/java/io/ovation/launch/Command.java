package io.ovation.launch;

import java.io.PrintStream;
import java.util.List;

/** One command of the command line, named by its first word. It runs on the main thread. */
public interface Command {
  /** The word, and what may follow it: {@code config [-conf FILE|JSON]}. */
  String usage();

  /** One line for {@code --help}. */
  String summary();

  /**
   * Runs it and returns the process's exit code.
   *
   * @param arguments what followed the word
   * @param out for the result; problems may go to it too
   */
  int run(List<String> arguments, PrintStream out);

  /** The first word. */
  default String name() {
    return usage().split(" ", 2)[0];
  }
}
