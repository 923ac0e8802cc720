package io.ovation.testkit;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One reading of a node's {@code /metrics}: each series, with its labels as printed, to its value.
 */
public record Scrape(Map<String, Double> series) {

  static Scrape parse(String text) {
    Map<String, Double> series = new LinkedHashMap<>();
    for (String line : text.split("\n")) {
      int space = line.lastIndexOf(' ');
      if (!line.startsWith("#") && space > 0) {
        series.put(line.substring(0, space), Double.parseDouble(line.substring(space + 1)));
      }
    }
    return new Scrape(series);
  }

  /** The sum over all label values; 0 when the node has no such series yet. */
  public double sum(String name) {
    return series.entrySet().stream()
        .filter(e -> e.getKey().equals(name) || e.getKey().startsWith(name + "{"))
        .mapToDouble(Map.Entry::getValue)
        .sum();
  }

  /** Whether the node exports a series of that name. */
  public boolean has(String name) {
    return series.keySet().stream().anyMatch(k -> k.equals(name) || k.startsWith(name + "{"));
  }
}
