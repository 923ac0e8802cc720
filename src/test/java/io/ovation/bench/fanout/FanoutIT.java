package io.ovation.bench.fanout;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Keeps the benchmark from rotting. It counts; it times nothing. */
@Tag("alone")
class FanoutIT {
  private static final String CORES = "0,1";

  @Test
  void everyServerDeliversAllThatWasPosted() {
    JsonArray runs = new JsonArray();
    try (Target target = Targets.ovation(CORES)) {
      runs.add(Run.of(target, 100, 20, 1, 2).measure());
    }
    try (Target target = Targets.bare(CORES)) {
      runs.add(Run.of(target, 100, 20, 1, 2).measure());
    }
    try (Target target = Targets.bridge(CORES)) {
      runs.add(Run.of(target, 100, 20, 1, 2).measure());
    }
    for (Object run : runs) {
      JsonObject measured = (JsonObject) run;
      assertThat(measured.getLong("posted")).isEqualTo(40);
      assertThat(measured.getLong("delivered")).isEqualTo(40 * 100);
      assertThat(measured.getBoolean("complete")).isTrue();
      assertThat(measured.getLong("gaps") + measured.getLong("disconnected")).isZero();
    }
    assertThat(runs.getJsonObject(0).getLong("disordered")).isZero();
  }

  @Test
  void theReportHoldsEveryFigureAndAPlot(@TempDir Path dir) throws Exception {
    Scenario scenario = Scenario.all().get(0);
    Figures figures = new Figures();
    figures.atLeast("this", " ×", 0.95, 0.9);
    figures.atMost("that", " ms", 101, 100);
    figures.run(
        new JsonObject()
            .put("server", "ovation")
            .put("transport", "websocket")
            .put("deliveries_per_cpu_second", 1.0));
    JsonObject json = figures.json(scenario).put("quick", false);
    Files.writeString(dir.resolve(scenario.id() + ".json"), json.encode());
    Report.write(dir, dir);
    assertThat(dir.resolve("results.md"))
        .content()
        .contains("| this | ≥ 0.90 × | 0.95 × | ok |")
        .contains("| that | ≤ 100.0 ms | 101.0 ms | MISSED |");
    assertThat(dir.resolve("deliveries.svg")).content().contains("<rect", "Ovation");
    assertThat(new JsonObject(Files.readString(dir.resolve("results.json"))).getMap())
        .containsKey("scenarios");
  }
}
