package io.ovation.packages;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.ovation.cluster.Role;
import io.ovation.cluster.SingleNodeCluster;
import io.ovation.metrics.Metrics;
import io.ovation.queue.Lane;
import io.ovation.testkit.Api;
import io.ovation.testkit.Await;
import io.ovation.testkit.FakeCluster;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** How a worker chooses among packages, and what logs and metrics show of it. */
abstract class PackageSchedulingContract {
  /** Before any test runs: SLF4J gives out substitutes while it starts. */
  private static final Logger LOGGER = (Logger) LoggerFactory.getLogger("io.ovation.packages");

  private @Nullable PackageFixture plant;

  /** The same data each time, as long as {@link #restart} does not say otherwise. */
  protected abstract PackageFixture.Ground ground();

  /** Ends and starts what the plant stands on; data stays. */
  protected abstract void restart();

  PackageFixture plant() {
    if (plant == null) {
      plant = new PackageFixture(ground(), PackageFixture.quick());
    }
    return plant;
  }

  /** Closes the plant, and restarts what it stands on; the next {@link #plant} opens it again. */
  void restartPlant() {
    plant().close();
    plant = null;
    restart();
  }

  @AfterEach
  void close() {
    if (plant != null) {
      plant.close();
    }
  }

  static String id() {
    return UUID.randomUUID().toString();
  }

  /** Types are the test's own: what another test left behind in the queue is not its business. */
  static String type() {
    return "t-" + UUID.randomUUID();
  }

  static Api.Answer submit(Api door, String id, String type) {
    return door.post("/packages", PackageFixture.submission(id, type).encode());
  }

  @Test
  void typeThatNobodyHandlesWaitsAndSaysSo() {
    Api door = plant().door();
    Runnable stop = plant().worker(new ScriptedHandler(type()));
    ScriptedHandler late = new ScriptedHandler(type());
    String id = id();
    submit(door, id, late.type());
    JsonObject waiting =
        PackageFixture.await(
            door, id, s -> "handler".equals(s.getString("waiting_for")), "waiting");
    assertThat(waiting.getString("status")).isEqualTo("pending");
    assertThat(waiting.getInteger("attempts")).isZero();
    stop.run();
    assertThat(plant().count("ovation_packages_later_total{reason=\"handler\"}"))
        .isBetween(1.0, 10.0);
    plant().worker(new Metrics(), List.of(late));
    JsonObject done = PackageFixture.awaitStatus(door, id, "done");
    assertThat(done.getInteger("attempts")).isEqualTo(1);
    assertThat(done.getString("waiting_for")).isNull();
  }

  @Test
  void highGoesBeforeNormalBeforeLowAndLowIsNotStarved() {
    Api door = plant().door();
    ScriptedHandler worked = new ScriptedHandler(type());
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < 120; i++) {
      Lane lane = Lane.values()[2 - i % 3];
      String id = lane.text() + "-" + id();
      JsonObject body = PackageFixture.submission(id, worked.type()).put("priority", lane.text());
      assertThat(door.post("/packages", body.encode()).status()).isEqualTo(202);
      ids.add(id);
    }
    plant().worker(worked);
    ids.forEach(id -> PackageFixture.awaitStatus(door, id, "done"));
    List<String> order = worked.jobs.stream().map(PackageJob::id).toList();
    assertThat(place(order, "high")).isLessThan(place(order, "normal"));
    assertThat(place(order, "normal")).isLessThan(place(order, "low"));
    int firstLow =
        IntStream.range(0, 120).filter(i -> order.get(i).startsWith("low")).min().orElse(0);
    int lastHigh =
        IntStream.range(0, 120).filter(i -> order.get(i).startsWith("high")).max().orElse(0);
    assertThat(firstLow).isLessThan(lastHigh);
  }

  private static double place(List<String> order, String lane) {
    return IntStream.range(0, order.size())
        .filter(i -> order.get(i).startsWith(lane))
        .average()
        .orElseThrow();
  }

  @Test
  void slowTypeLeavesRoomForOthers() {
    Api door = plant().door();
    Promise<Void> end = Promise.promise();
    ScriptedHandler slow = new ScriptedHandler(type(), job -> end.future());
    ScriptedHandler quick = new ScriptedHandler(type());
    List<String> many = IntStream.range(0, 40).mapToObj(i -> id()).toList();
    many.forEach(id -> submit(door, id, slow.type()));
    SingleNodeCluster alone = new SingleNodeCluster("w", Set.of(Role.PACKAGES));
    plant().worker(alone, PackageFixture.places(16, 8), slow, quick);
    Await.until(
        "the slow type to have all its places", PackageFixture.LIMIT, () -> slow.jobs.size() == 8);
    String id = id();
    submit(door, id, quick.type());
    PackageFixture.awaitStatus(door, id, "done");
    assertThat(slow.jobs).hasSize(8);
    end.complete();
    many.forEach(each -> PackageFixture.awaitStatus(door, each, "done"));
    assertThat(slow.jobs).hasSize(40);
  }

  @Test
  void workerPassesOnWhatItCannotTake() {
    Api door = plant().door();
    String type = type();
    ScriptedHandler small = new ScriptedHandler(type, job -> later(500));
    ScriptedHandler large = new ScriptedHandler(type, job -> later(500));
    List<String> ids = IntStream.range(0, 40).mapToObj(i -> id()).toList();
    ids.forEach(id -> submit(door, id, type));
    // Each has half of the partitions.
    plant().worker(workers("a"), PackageFixture.places(4, 1), small);
    plant().worker(workers("b"), PackageFixture.places(64, 32), large);
    ids.forEach(id -> PackageFixture.awaitStatus(door, id, "done"));
    assertThat(small.effects).hasSizeBetween(1, 14);
    assertThat(small.effects.size() + large.effects.size()).isEqualTo(40);
  }

  private static FakeCluster workers(String self) {
    return new FakeCluster(self).join("a", Role.PACKAGES).join("b", Role.PACKAGES);
  }

  private Future<Void> later(long ms) {
    Promise<Void> over = Promise.promise();
    plant().vertx.setTimer(ms, t -> over.complete());
    return over.future();
  }

  @Test
  void metricsShowTheFlowAndTheBottleneck() {
    Api door = plant().door();
    ScriptedHandler worked =
        new ScriptedHandler(
            type(),
            job -> job.attempt() == 1 ? Future.failedFuture("once") : Future.succeededFuture());
    plant().worker(worked);
    String id = id();
    submit(door, id, worked.type());
    PackageFixture.awaitStatus(door, id, "done");
    // It is counted when the store has answered the worker; we may have read the status before.
    Await.until(
        "it to be counted",
        PackageFixture.LIMIT,
        () -> plant().count("ovation_packages_done_total") >= 1);
    assertThat(plant().count("ovation_packages_claimed_total")).isGreaterThanOrEqualTo(2);
    assertThat(plant().count("ovation_packages_failed_total")).isGreaterThanOrEqualTo(1);
    assertThat(plant().count("ovation_packages_wait_seconds_count{lane=\"normal\"}"))
        .isGreaterThanOrEqualTo(1);
    assertThat(
            plant().count("ovation_packages_handle_seconds_count{type=\"" + worked.type() + "\"}"))
        .isEqualTo(2);
    Await.until(
        "nothing to run",
        PackageFixture.LIMIT,
        () ->
            plant().count("ovation_packages_running") == 0
                && plant().count("ovation_queue_running{queue=\"packages\"}") == 0);
  }

  @Test
  void tooFewPlacesShowAsWaitsThatAreLongerThanTheWork() {
    plant = new PackageFixture(ground(), PackageFixture.places(1, 1));
    Api door = plant().door();
    ScriptedHandler worked = new ScriptedHandler(type(), job -> later(50));
    List<String> ids = IntStream.range(0, 40).mapToObj(i -> id()).toList();
    ids.forEach(id -> submit(door, id, worked.type()));
    plant().worker(worked);
    ids.forEach(id -> PackageFixture.awaitStatus(door, id, "done"));
    double handled = mean("handle", "type=\"" + worked.type() + "\"");
    assertThat(mean("wait", "lane=\"normal\"")).isGreaterThan(3 * handled);
  }

  @Test
  void whatDiesIsLoggedWithItsAttemptsAndTheReason() {
    ListAppender<ILoggingEvent> log = new ListAppender<>();
    log.start();
    LOGGER.addAppender(log);
    try {
      Api door = plant().door();
      ScriptedHandler fails = new ScriptedHandler(type(), job -> Future.failedFuture("it broke"));
      plant().worker(fails);
      String id = id();
      submit(door, id, fails.type());
      PackageFixture.awaitStatus(door, id, "dead");
      Await.until(
          "the log line",
          PackageFixture.LIMIT,
          () ->
              List.copyOf(log.list).stream()
                  .map(ILoggingEvent::getFormattedMessage)
                  .anyMatch(
                      line ->
                          line.contains(id)
                              && line.contains(fails.type())
                              && line.contains("3 attempts")
                              && line.contains("it broke")));
    } finally {
      LOGGER.detachAppender(log);
    }
  }

  private double mean(String timer, String label) {
    String name = "ovation_packages_" + timer + "_seconds_";
    return plant().count(name + "sum{" + label + "}")
        / plant().count(name + "count{" + label + "}");
  }
}
