package io.ovation.drill;

import io.ovation.testkit.Await;
import io.ovation.testkit.PrometheusServer;
import io.ovation.testkit.PrometheusServer.Alert;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;

/**
 * {@code [--only FAULT] [--hold]}: makes each fault on real processes, and waits for its alert in a
 * real Prometheus that has the shipped rules. Exits with 1 if one did not fire within 60 s, or if
 * anything fired before.
 */
public final class AlertsDrill {
  private static final Duration PROMISED = Duration.ofSeconds(60);
  private static final Duration CALM = Duration.ofSeconds(45);
  private static final Duration PATIENCE = Duration.ofMinutes(3);

  private final DrillCluster cluster;
  private final PrometheusServer prometheus;
  private final boolean hold;
  private final List<String> broken = new ArrayList<>();

  private AlertsDrill(DrillCluster cluster, PrometheusServer prometheus, boolean hold) {
    this.cluster = cluster;
    this.prometheus = prometheus;
    this.hold = hold;
  }

  public static void main(String[] args) {
    int code = 1;
    try {
      List<String> broken = drill(args);
      broken.forEach(line -> System.out.println("BROKEN " + line));
      code = broken.isEmpty() ? 0 : 1;
    } catch (Throwable e) {
      e.printStackTrace();
    }
    System.exit(code);
  }

  private static List<String> drill(String[] args) throws IOException {
    List<String> options = List.of(args);
    int only = options.indexOf("--only") + 1;
    String name = only == 0 ? "" : options.get(only);
    boolean hold = options.contains("--hold");
    Path dir = Files.createTempDirectory(Files.createDirectories(Path.of("target")), "drill");
    dir = dir.toAbsolutePath();
    try (DrillCluster cluster = new DrillCluster(dir);
        PrometheusServer prometheus =
            new PrometheusServer(
                dir.resolve("prometheus"),
                cluster.nodes().stream().map(node -> node.spec().operatePort()).toList(),
                DrillCluster.TOKEN)) {
      AlertsDrill drill = new AlertsDrill(cluster, prometheus, hold);
      drill.run(
          DrillFault.rounds().stream()
              .map(
                  round ->
                      round.stream().filter(f -> name.isEmpty() || f.name().equals(name)).toList())
              .filter(round -> !round.isEmpty())
              .toList());
      return drill.broken;
    }
  }

  private void run(List<List<DrillFault>> rounds) throws IOException {
    if (rounds.isEmpty()) {
      throw new IllegalArgumentException("there is no fault of that name");
    }
    Await.pass(CALM);
    firing().forEach((alert, summary) -> broken.add(alert + " fires without a fault: " + summary));
    System.out.println("| fault | alert | fires after | also | its summary |");
    System.out.println("| --- | --- | --- | --- | --- |");
    for (List<DrillFault> round : rounds) {
      Set<String> before = new TreeSet<>(firing().keySet());
      List<CompletableFuture<String>> rows = new ArrayList<>();
      List<Runnable> ends = java.util.Collections.synchronizedList(new ArrayList<>());
      for (DrillFault fault : round) {
        awaitQuiet(fault);
        rows.add(CompletableFuture.supplyAsync(() -> row(fault, round, before, ends)));
      }
      rows.forEach(row -> System.out.println(row.join()));
      if (hold) {
        System.out.println("Press Enter to end it. Alerts: " + prometheus.url());
        cluster
            .nodes()
            .forEach(n -> System.out.println(n + ": operators' port " + n.spec().operatePort()));
        System.out.println("operate.token: " + DrillCluster.TOKEN);
        System.in.read();
      }
      ends.forEach(Runnable::run);
    }
  }

  /** An earlier fault must not count for this one. */
  private void awaitQuiet(DrillFault fault) {
    Await.until(
        () -> fault.alert() + " to be quiet before the fault",
        PATIENCE,
        () -> prometheus.alerts().stream().noneMatch(a -> a.name().equals(fault.alert())));
  }

  private String row(
      DrillFault fault, List<DrillFault> round, Set<String> before, List<Runnable> ends) {
    long begin = System.nanoTime();
    try {
      // A certificate expires when it says so, later than it is replaced.
      Runnable end = fault.make().in(cluster);
      ends.add(end);
    } catch (Exception e) {
      throw new IllegalStateException(fault.name(), e);
    }
    if (fault.alert().equals("OvationCertificateExpired")) {
      begin = System.nanoTime();
    }
    try {
      Await.until(fault.alert(), PATIENCE, () -> firing().containsKey(fault.alert()));
    } catch (AssertionError e) {
      broken.add(fault.name() + ": " + fault.alert() + " did not fire");
      return "| " + fault.name() + " | " + fault.alert() + " | never | | |";
    }
    Duration taken = Duration.ofNanos(System.nanoTime() - begin);
    if (taken.compareTo(PROMISED) > 0) {
      broken.add(fault.name() + ": " + fault.alert() + " fired after " + taken.toSeconds() + " s");
    }
    Map<String, String> now = firing();
    Set<String> also = new TreeSet<>(now.keySet());
    also.removeAll(before);
    round.forEach(each -> also.remove(each.alert()));
    return "| %s | %s | %d s | %s | %s |"
        .formatted(
            fault.name(),
            fault.alert(),
            taken.toSeconds(),
            String.join(", ", also),
            now.get(fault.alert()));
  }

  private Map<String, String> firing() {
    Map<String, String> firing = new TreeMap<>();
    for (Alert alert : prometheus.alerts()) {
      if (alert.firing()) {
        firing.put(alert.name(), alert.summary());
      }
    }
    return firing;
  }
}
