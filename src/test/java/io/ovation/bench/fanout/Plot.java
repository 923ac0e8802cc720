package io.ovation.bench.fanout;

import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Bars of the fan-out scenarios, as SVG. */
final class Plot {
  private static final int WIDTH = 760;
  private static final int LEFT = 230;
  private static final int BAR = 22;
  private static final int RIGHT = 110;

  private record Bar(String label, double value, boolean ours) {}

  private Plot() {}

  static String svg(List<JsonObject> measured) {
    StringBuilder body = new StringBuilder();
    int y = 16;
    y =
        panel(
            body,
            y,
            "5,000 viewers, 10 comments/s: deliveries per CPU-second",
            bars(measured, "fanout-10", "deliveries_per_cpu_second"));
    y =
        panel(
            body,
            y,
            "5,000 viewers, 200 comments/s offered: deliveries per second",
            bars(measured, "fanout-200", "deliveries_per_second"));
    y =
        panel(
            body,
            y,
            "1,000 streams of 10 viewers, 1,000 POSTs/s: deliveries per CPU-second",
            bars(measured, "streams", "deliveries_per_cpu_second"));
    return """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d"
          font-family="system-ui, sans-serif" font-size="13">
        <rect width="100%%" height="100%%" fill="#ffffff"/>
        %s</svg>
        """
        .formatted(WIDTH, y, WIDTH, y, body);
  }

  /** Comments a second where they are not those that the panel's title tells. */
  private static String offered(String id, JsonObject run) {
    long rate = run.getDouble("comments_per_second", 0.0).longValue();
    return !id.startsWith("fanout-") || id.endsWith("-" + rate) ? "" : ", " + rate + " offered";
  }

  private static List<Bar> bars(List<JsonObject> measured, String id, String value) {
    List<Bar> bars = new ArrayList<>();
    for (JsonObject scenario : measured) {
      if (scenario.getString("scenario").equals(id)) {
        for (JsonObject run : Report.objects(scenario, "runs")) {
          String server = run.getString("server");
          boolean ours = server.equals("ovation");
          String sockJs = run.getString("transport").startsWith("sockjs") && ours ? ", SockJS" : "";
          String label = (ours ? "Ovation" : server) + sockJs + offered(id, run);
          bars.add(new Bar(label, run.getDouble(value), ours));
        }
      }
    }
    return bars;
  }

  private static int panel(StringBuilder out, int top, String title, List<Bar> bars) {
    if (bars.isEmpty()) {
      return top;
    }
    double most = bars.stream().mapToDouble(Bar::value).max().orElse(1);
    int y = top + 16;
    out.append(text(16, y, "start", "font-weight=\"600\"", title));
    y += 12;
    for (Bar bar : bars) {
      int width = (int) Math.max(1, bar.value / most * (WIDTH - LEFT - RIGHT));
      String fill = bar.ours ? "#d6336c" : "#868e96";
      out.append(text(LEFT - 10, y + 15, "end", "", bar.label));
      out.append(
          "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"2\" fill=\"%s\"/>%n"
              .formatted(LEFT, y, width, BAR - 4, fill));
      String value = String.format(Locale.ROOT, "%,.0f", bar.value);
      out.append(text(LEFT + width + 8, y + 14, "start", "", value));
      y += BAR;
    }
    return y + 16;
  }

  private static String text(int x, int y, String anchor, String more, String text) {
    return "<text x=\"%d\" y=\"%d\" text-anchor=\"%s\" fill=\"#212529\" %s>%s</text>%n"
        .formatted(x, y, anchor, more, text.replace("&", "&amp;"));
  }
}
