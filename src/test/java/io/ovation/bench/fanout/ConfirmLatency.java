package io.ovation.bench.fanout;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** RabbitMQ's own load tool, asked for how long its confirms take. */
final class ConfirmLatency {
  private static final Pattern LATENCY =
      Pattern.compile("confirm latency.*?(\\d+)/(\\d+)/(\\d+)/(\\d+)/(\\d+) µs");

  private static final int WARM_SECONDS = 5;

  private ConfirmLatency() {}

  /** The median of the 99th percentiles of each second, in milliseconds. */
  static double p99Ms(String uri, int perSecond, int seconds) throws IOException {
    List<String> command = new ArrayList<>();
    command.addAll(List.of("java", "-cp", System.getProperty("bench.perftest", "")));
    command.addAll(List.of("com.rabbitmq.perf.PerfTest", "-h", uri, "-u", "bench-confirms"));
    command.addAll(List.of("-qq", "-x", "1", "-y", "1", "-f", "persistent", "-c", "100"));
    command.addAll(List.of("-s", "200", "-r", "" + perSecond, "-z", "" + (WARM_SECONDS + seconds)));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    List<Double> each = new ArrayList<>();
    StringBuilder all = new StringBuilder();
    try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        all.append(line).append('\n');
        Matcher found = LATENCY.matcher(line);
        if (line.contains("time ") && found.find()) {
          each.add(Long.parseLong(found.group(5)) / 1e3);
        }
      }
    }
    return each.stream()
        .skip(WARM_SECONDS)
        .sorted()
        .skip(Math.max(0, each.size() - WARM_SECONDS) / 2)
        .findFirst()
        .orElseThrow(() -> new IOException("PerfTest told no latencies:\n" + all));
  }
}
