package io.ovation.bench.fanout;

import io.vertx.core.json.JsonObject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * {@code [--quick] [--only NAME,NAME…]}: measures, and writes to {@code target/bench}. Exits with 1
 * if a required figure was missed.
 */
public final class FanoutBench {
  private static final Path OUT = Path.of("target", "bench");

  private FanoutBench() {}

  public static void main(String[] arguments) throws Exception {
    try {
      System.exit(measure(Arrays.asList(arguments)) ? 0 : 1);
    } catch (Exception | AssertionError e) {
      e.printStackTrace();
      System.exit(1); // load generators' threads would hold the process
    }
  }

  /** Whether each required figure was met. */
  private static boolean measure(List<String> arguments) throws Exception {
    boolean quick = arguments.contains("--quick");
    int only = arguments.indexOf("--only");
    List<String> names = only < 0 ? List.of() : List.of(arguments.get(only + 1).split(",", -1));
    boolean met = true;
    Path scenarios = Files.createDirectories(OUT.resolve("scenarios"));
    for (Scenario scenario : Scenario.all()) {
      if (names.isEmpty() ? !quick || scenario.quick() : names.contains(scenario.id())) {
        Progress.say("%s: %s", scenario.id(), scenario.title());
        Figures figures = new Figures();
        try {
          scenario.body().run(figures, new Scenario.Length(quick));
        } catch (Exception | AssertionError e) {
          e.printStackTrace();
          figures.failed(e);
        }
        met &= figures.met();
        JsonObject json = figures.json(scenario).put("quick", quick);
        Files.writeString(scenarios.resolve(scenario.id() + ".json"), json.encodePrettily());
      }
    }
    Report.write(scenarios, OUT);
    return met;
  }
}
