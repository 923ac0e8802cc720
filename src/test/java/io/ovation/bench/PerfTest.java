package io.ovation.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * RabbitMQ's own load tool as the baseline, in a process of its own. Its rates are those that it
 * prints each second, without the first ones in which it warms up.
 */
final class PerfTest {
  private final String classpath;
  private final String uri;

  PerfTest(String classpath, String uri) {
    this.classpath = classpath;
    this.uri = uri;
  }

  /** Confirmed publishes per second of persistent messages to a quorum queue. */
  double publish(String queue) throws IOException {
    return run(
            "confirmed: (\\d+) msg/s",
            queue,
            List.of("-x", "1", "-y", "0", "-c", "" + Bench.WINDOW, "-f", "persistent"))
        .stream()
        .skip(Bench.WARM_SECONDS)
        .mapToInt(Integer::intValue)
        .average()
        .orElseThrow();
  }

  /** Deliveries per second while the queue is drained, acked a hundred at a time. */
  double consume(String queue) throws IOException {
    return Bench.drained(
        run(
            "received: (\\d+) msg/s",
            queue,
            List.of("-x", "0", "-y", "1", "-q", "" + Bench.WINDOW, "-A", "100")));
  }

  private List<Integer> run(String what, String queue, List<String> arguments) throws IOException {
    List<String> command = new ArrayList<>(List.of("java", "-cp", classpath));
    command.addAll(List.of("com.rabbitmq.perf.PerfTest", "-h", uri, "-u", queue, "-qq"));
    command.addAll(List.of("-ad", "false", "-s", "" + Bench.SIZE));
    command.addAll(List.of("-z", "" + (Bench.WARM_SECONDS + Bench.MEASURED_SECONDS)));
    command.addAll(arguments);
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    Pattern rate = Pattern.compile(what);
    List<Integer> rates = new ArrayList<>();
    try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        Matcher found = rate.matcher(line);
        if (line.contains("time ") && found.find()) {
          rates.add(Integer.parseInt(found.group(1)));
        }
      }
    }
    return rates;
  }
}
