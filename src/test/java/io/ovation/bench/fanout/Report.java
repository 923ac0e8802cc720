package io.ovation.bench.fanout;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Puts what was measured, also by earlier calls, into {@code results.md}, {@code results.json} and
 * {@code deliveries.svg}.
 */
final class Report {
  private Report() {}

  static void write(Path scenarios, Path out) throws IOException {
    List<JsonObject> measured = new ArrayList<>();
    for (Scenario scenario : Scenario.all()) {
      Path file = scenarios.resolve(scenario.id() + ".json");
      if (Files.exists(file)) {
        measured.add(new JsonObject(Files.readString(file, StandardCharsets.UTF_8)));
      }
    }
    String table = table(measured);
    Files.writeString(out.resolve("results.md"), table + "\n" + runs(measured));
    Files.writeString(
        out.resolve("results.json"), new JsonObject().put("scenarios", measured).encodePrettily());
    Files.writeString(out.resolve("deliveries.svg"), Plot.svg(measured));
    System.out.print(table);
  }

  private static String table(List<JsonObject> measured) {
    StringBuilder out =
        new StringBuilder(
            "| scenario | figure | required | measured | |\n| --- | --- | --- | --- | --- |\n");
    for (JsonObject scenario : measured) {
      String title = scenario.getString("title") + quick(scenario);
      for (JsonObject row : objects(scenario, "rows")) {
        Boolean ok = row.getBoolean("ok");
        out.append(
            "| %s | %s | %s | %s | %s |%n"
                .formatted(
                    title,
                    row.getString("what"),
                    row.getString("required", ""),
                    row.getString("measured"),
                    ok == null ? "" : ok ? "ok" : "MISSED"));
        title = "";
      }
    }
    return out.toString();
  }

  private static String quick(JsonObject scenario) {
    return scenario.getBoolean("quick", false) ? " (quick)" : "";
  }

  /** Every run with deliveries, as it was. */
  private static String runs(List<JsonObject> measured) {
    StringBuilder out =
        new StringBuilder(
            "| scenario | server | transport | deliveries/s | per CPU-second | p50 ms | p99 ms | max ms |\n"
                + "| --- | --- | --- | --- | --- | --- | --- | --- |\n");
    for (JsonObject scenario : measured) {
      for (JsonObject run : objects(scenario, "runs")) {
        if (run.containsKey("delivered")) {
          out.append(
              "| %s | %s | %s | %s | %s | %s | %s | %s |%n"
                  .formatted(
                      scenario.getString("scenario"),
                      run.getString("server"),
                      run.getString("transport"),
                      number(run, "deliveries_per_second"),
                      number(run, "deliveries_per_cpu_second"),
                      number(run, "p50_ms"),
                      number(run, "p99_ms"),
                      number(run, "max_ms")));
        }
      }
    }
    return out.toString();
  }

  private static String number(JsonObject run, String name) {
    return Figures.number(run.getDouble(name));
  }

  static List<JsonObject> objects(JsonObject in, String name) {
    return in.getJsonArray(name).stream().map(o -> (JsonObject) o).collect(Collectors.toList());
  }
}
