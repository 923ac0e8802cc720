package io.ovation.bench.fanout;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Locale;

/** What a scenario found: its runs as they were measured, and each required figure's verdict. */
final class Figures {
  private final JsonArray runs = new JsonArray();
  private final JsonArray rows = new JsonArray();
  private boolean met = true;

  JsonObject run(JsonObject measured) {
    runs.add(measured);
    return measured;
  }

  /** A figure that must be at least {@code required}. */
  void atLeast(String what, String unit, double measured, double required) {
    row(what, "≥ " + number(required) + unit, number(measured) + unit, measured >= required);
  }

  /** A figure that must be at most {@code required}. */
  void atMost(String what, String unit, double measured, double required) {
    row(what, "≤ " + number(required) + unit, number(measured) + unit, measured <= required);
  }

  /** All of a run arrived, once, in order, at everybody. */
  void complete(JsonObject run) {
    long faults =
        Math.abs(run.getLong("lost"))
            + run.getLong("disordered")
            + run.getLong("gaps")
            + run.getLong("disconnected");
    row("lost, doubled, out of order", "0", "" + faults, faults == 0);
  }

  /** A figure without a requirement. */
  void note(String what, String measured) {
    rows.add(new JsonObject().put("what", what).put("measured", measured));
  }

  /** The rest of the scenario could not be measured. */
  void failed(Throwable cause) {
    row("ran to its end", "yes", ("no: " + cause).lines().findFirst().orElse(""), false);
  }

  /** Whether none was missed so far. */
  boolean met() {
    return met;
  }

  private void row(String what, String required, String measured, boolean ok) {
    met &= ok;
    Progress.say("  %s %s: %s (required %s)", ok ? "ok    " : "MISSED", what, measured, required);
    rows.add(
        new JsonObject()
            .put("what", what)
            .put("required", required)
            .put("measured", measured)
            .put("ok", ok));
  }

  JsonObject json(Scenario scenario) {
    return new JsonObject()
        .put("scenario", scenario.id())
        .put("title", scenario.title())
        .put("rows", rows)
        .put("runs", runs);
  }

  static String number(double value) {
    String format = value >= 1000 ? "%,.0f" : value >= 10 ? "%.1f" : "%.2f";
    return String.format(Locale.ROOT, format, value);
  }
}
