package io.ovation.testkit;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One reading of a node's {@code /metrics}: each series, with its labels as printed, to its value.
 */
public record Scrape(Map<String, Double> series) {
  private static final Pattern LABEL = Pattern.compile("(\\w+)=\"((?:[^\"\\\\]|\\\\.)*)\"");

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

  /** The values of each label, by the series' name and the label's: {@code name.label}. */
  public Map<String, Set<String>> labels() {
    Map<String, Set<String>> labels = new TreeMap<>();
    for (String each : series.keySet()) {
      Matcher label = LABEL.matcher(each);
      while (label.find()) {
        String name = each.substring(0, each.indexOf('{')) + "." + label.group(1);
        labels.computeIfAbsent(name, n -> new TreeSet<>()).add(label.group(2));
      }
    }
    return labels;
  }

  /** Whether the node exports a series of that name. */
  public boolean has(String name) {
    return series.keySet().stream().anyMatch(k -> k.equals(name) || k.startsWith(name + "{"));
  }
}
