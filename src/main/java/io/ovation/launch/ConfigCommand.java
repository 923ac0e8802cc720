package io.ovation.launch;

import io.ovation.config.ConfigLoader;
import java.io.PrintStream;
import java.util.List;

/** Prints every key with its effective value and where that comes from; secrets are masked. */
public record ConfigCommand(ConfigLoader loader) implements Command {

  @Override
  public String usage() {
    return "config [-conf FILE|JSON]";
  }

  @Override
  public String summary() {
    return "print the effective configuration and where each value comes from";
  }

  @Override
  public int run(List<String> arguments, PrintStream out) {
    ConfigLoader.Loaded loaded = GivenConfig.load(loader, arguments);
    loaded
        .settings()
        .forEach(it -> out.printf("%-36s %-32s # %s%n", it.key() + ":", it.value(), it.source()));
    loaded.warnings().forEach(warning -> out.println("# warning: " + warning));
    return ExitCode.CLEAN.code();
  }
}
