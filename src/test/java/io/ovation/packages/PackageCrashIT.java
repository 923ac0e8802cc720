package io.ovation.packages;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.metrics.Metrics;
import io.ovation.queue.Lane;
import io.ovation.testkit.Servers;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A process is ended at each step of submitting and processing. Afterwards every package that it
 * accepted is done by another, and nothing is stuck or done twice.
 */
class PackageCrashIT {
  @TempDir Path dir;

  private static final String POINTS =
      """
      write:pending, before, 3
      write:pending, sent, 3
      write:pending, after, 3
      publish, before, 5
      publish, sent, 5
      publish, after, 5
      write:processing, before, 6
      write:processing, sent, 6
      write:processing, after, 6
      handler, before, 7
      handler, sent, 7
      handler, after, 7
      write:failed, before, 1
      write:failed, sent, 1
      write:failed, after, 1
      delay, before, 1
      delay, sent, 1
      delay, after, 1
      write:done, before, 4
      write:done, sent, 4
      write:done, after, 4
      ack, before, 5
      ack, after, 5
      """;

  @ParameterizedTest
  @CsvSource(textBlock = POINTS)
  void everyPackageAcceptedBeforeTheCrashIsDoneOnceAfterIt(String step, String when, int nth)
      throws Exception {
    String type = "crash-" + UUID.randomUUID();
    List<String> servers = List.of(Servers.rabbit().uri("packages"), Servers.redis().uri());
    Set<String> accepted = crash(servers, type, step, when, nth);
    checkAllDoneOnce(RabbitPackagesIT.servers(), type, accepted);
  }

  @ParameterizedTest
  @CsvSource(textBlock = POINTS)
  void theSameHoldsOnTheEmbeddedQueueAndStore(String step, String when, int nth) throws Exception {
    String type = "crash-" + UUID.randomUUID();
    Path data = dir.resolve("data");
    List<String> embedded = List.of(CrashingCoordinator.EMBEDDED, data.toString());
    Set<String> accepted = crash(embedded, type, step, when, nth);
    try (EmbeddedBackends backends = new EmbeddedBackends(data)) {
      checkAllDoneOnce(backends, type, accepted);
    }
  }

  private static void checkAllDoneOnce(
      PackageFixture.Ground ground, String type, Set<String> accepted) {
    try (PackageFixture plant = new PackageFixture(ground, PackageFixture.crashing())) {
      Set<String> doneBefore = done(plant, type);
      ScriptedHandler worked =
          CrashingCoordinator.worker(type, plant.store, CrashPoint.of("none", "never", 1));
      plant.worker(worked);
      accepted.forEach(id -> CrashingCoordinator.awaitDone(plant, id));

      // Who got no answer asks again with the same id.
      PackageService intake = plant.intake(new Metrics());
      for (String id : CrashingCoordinator.ids(type)) {
        PackageFixture.await(
            intake.submit(PackageSubmission.of(id, type, Lane.NORMAL, Map.of()), ""));
      }
      for (String id : CrashingCoordinator.ids(type)) {
        CrashingCoordinator.awaitDone(plant, id);
        assertThat(
                PackageFixture.await(
                    plant.store.setOnce(CrashingCoordinator.effect(id), "missing")))
            .isEqualTo("done");
        long effective = worked.jobs.stream().filter(job -> job.id().equals(id)).count();
        assertThat(effective).isLessThanOrEqualTo(doneBefore.contains(id) ? 0 : 2);
      }
    }
  }

  private static Set<String> done(PackageFixture plant, String type) {
    Set<String> done = new HashSet<>();
    for (String id : CrashingCoordinator.ids(type)) {
      PackageFixture.await(plant.book.read(id))
          .filter(entry -> entry.state().status() == PackageState.Status.DONE)
          .ifPresent(entry -> done.add(id));
    }
    return done;
  }

  /** Returns the ids that the process reported as accepted. */
  private Set<String> crash(List<String> ground, String type, String step, String when, int nth)
      throws Exception {
    Path output = dir.resolve("output");
    List<String> command = new ArrayList<>();
    command.add(System.getProperty("java.home") + File.separator + "bin" + File.separator + "java");
    command.addAll(
        List.of("-XX:TieredStopAtLevel=1", "-cp", System.getProperty("java.class.path")));
    command.add(CrashingCoordinator.class.getName());
    command.addAll(ground);
    command.addAll(List.of(type, step, when, "" + nth));
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    try {
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    } finally {
      process.destroyForcibly();
    }
    String text = Files.readString(output);
    assertThat(process.exitValue()).describedAs(text).isEqualTo(CrashPoint.HIT);
    Set<String> accepted = new HashSet<>();
    text.lines()
        .filter(line -> line.startsWith("accepted "))
        .forEach(line -> accepted.add(line.substring("accepted ".length())));
    return accepted;
  }
}
