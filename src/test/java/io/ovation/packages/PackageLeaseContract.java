package io.ovation.packages;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.cluster.Role;
import io.ovation.cluster.SingleNodeCluster;
import io.ovation.config.Config;
import io.ovation.packages.PackageState.Lease;
import io.ovation.packages.PackageStateRepository.Entry;
import io.ovation.testkit.Api;
import io.ovation.testkit.Await;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** A package belongs to one worker while its lease lasts. */
abstract class PackageLeaseContract extends PackageSchedulingContract {
  @Test
  void handlerThatTakesTooLongHasFailed() {
    Api door = plant().door();
    Promise<Void> first = Promise.promise();
    Promise<Void> second = Promise.promise();
    ScriptedHandler hangs =
        new ScriptedHandler(type(), job -> (job.attempt() == 1 ? first : second).future());
    SingleNodeCluster alone = new SingleNodeCluster("w", Set.of(Role.PACKAGES));
    plant().worker(alone, PackageFixture.impatient(), hangs);
    String id = id();
    submit(door, id, hangs.type());
    PackageFixture.await(
        door, id, s -> ("" + s.getString("error")).contains("1000 ms"), "timed out");
    second.complete();
    assertThat(PackageFixture.awaitStatus(door, id, "done").getInteger("attempts")).isEqualTo(2);
  }

  @Test
  void deadWorkersPackageGoesToAnotherAfterItsLease() {
    Api door = plant().door();
    ScriptedHandler worked = new ScriptedHandler(type());
    String id = id();
    submit(door, id, worked.type());
    long until = System.currentTimeMillis() + 1_500;
    claimByAnother(id, until);
    plant().worker(worked);
    JsonObject done = PackageFixture.awaitStatus(door, id, "done");
    assertThat(done.getInteger("attempts")).isEqualTo(2);
    assertThat(done.getInstant("started_at").toEpochMilli()).isGreaterThanOrEqualTo(until);
    assertThat(plant().count("ovation_packages_later_total{reason=\"lease\"}")).isPositive();
  }

  private void claimByAnother(String id, long until) {
    Entry entry = PackageFixture.await(plant().book.read(id)).orElseThrow();
    PackageState claimed =
        entry.state().claimed(new Lease("other", "other's", until), System.currentTimeMillis());
    assertThat(PackageFixture.await(plant().book.write(entry.version(), claimed)).mine())
        .isNotNull();
  }

  @Test
  void packageWhoseWorkersKeepDyingIsDead() {
    Api door = plant().door();
    ScriptedHandler worked = new ScriptedHandler(type());
    String id = id();
    submit(door, id, worked.type());
    for (int death = 0; death < 3; death++) {
      claimByAnother(id, System.currentTimeMillis());
    }
    plant().worker(worked);
    assertThat(PackageFixture.awaitStatus(door, id, "dead").getInteger("attempts")).isEqualTo(3);
    assertThat(worked.jobs).isEmpty();
  }

  @Test
  void longWorkKeepsItsLease() {
    Api door = plant().door();
    Promise<Void> end = Promise.promise();
    ScriptedHandler worked = new ScriptedHandler(type(), job -> end.future());
    plant().worker(worked);
    String id = id();
    submit(door, id, worked.type());
    long begun =
        PackageFixture.awaitStatus(door, id, "processing").getInstant("lease_until").toEpochMilli();
    PackageFixture.await(
        door,
        id,
        s -> s.getInstant("lease_until").toEpochMilli() > begun + 1_500,
        "renewed past its first lease");
    assertThat(worked.jobs.get(0).held().getAsBoolean()).isTrue();
    end.complete();
    assertThat(PackageFixture.awaitStatus(door, id, "done").getInteger("attempts")).isEqualTo(1);
  }

  @Test
  void outcomeOfAWorkerThatLostItsLeaseIsDropped() {
    Api door = plant().door();
    Promise<Void> end = Promise.promise();
    ScriptedHandler worked = new ScriptedHandler(type(), job -> end.future());
    plant().worker(worked);
    String id = id();
    submit(door, id, worked.type());
    PackageFixture.awaitStatus(door, id, "processing");
    // As if this process had been frozen, and its package taken over and refused elsewhere.
    Await.until(
        "another to take over between two renewals",
        PackageFixture.LIMIT,
        () -> {
          Entry entry = PackageFixture.await(plant().book.read(id)).orElseThrow();
          PackageState dead =
              entry.state().dead("other's outcome", "{}", System.currentTimeMillis());
          return PackageFixture.await(plant().book.write(entry.version(), dead)).mine() != null;
        });
    end.complete();
    Await.until(
        "the outcome to be dropped",
        PackageFixture.LIMIT,
        () -> plant().count("ovation_packages_lease_lost_total") == 1);
    assertThat(PackageFixture.status(door, id).getString("error")).isEqualTo("other's outcome");
    assertThat(worked.jobs.get(0).held().getAsBoolean()).isFalse();
  }

  @Test
  void aWorkerThatStopsLetsAttemptsEndAndGivesTheOthersBackAtOnce() {
    Api door = plant().door();
    Duration hour = Duration.ofHours(1);
    Config.Packages config = PackageFixture.times(hour, hour, hour);
    Promise<Void> end = Promise.promise();
    ScriptedHandler hangs = new ScriptedHandler(type(), job -> Promise.<Void>promise().future());
    ScriptedHandler ends = new ScriptedHandler(type(), job -> end.future());
    Runnable stop = plant().worker(InstantSource.system(), config, hangs, ends);
    String hanging = id();
    String ending = id();
    submit(door, hanging, hangs.type());
    submit(door, ending, ends.type());
    PackageFixture.awaitStatus(door, hanging, "processing");
    PackageFixture.awaitStatus(door, ending, "processing");
    plant().vertx.setTimer(200, t -> end.complete());
    stop.run();
    assertThat(PackageFixture.status(door, ending).getString("status")).isEqualTo("done");
    JsonObject back = PackageFixture.status(door, hanging);
    assertThat(back.getString("status")).isEqualTo("failed");
    assertThat(back.getInteger("attempts")).isZero();
    hangs.does(job -> Future.succeededFuture());
    plant().worker(InstantSource.system(), config, hangs);
    assertThat(PackageFixture.awaitStatus(door, hanging, "done").getInteger("attempts"))
        .isEqualTo(1);
  }

  @Test
  void aWorkerWhoseClockIsADayAheadHoldsAPackageNoLongerThanItsLease() {
    Api door = plant().door();
    Duration lease = Duration.ofSeconds(2);
    Config.Packages config =
        PackageFixture.times(lease, Duration.ofMinutes(5), Duration.ofMinutes(5));
    InstantSource ahead = InstantSource.offset(InstantSource.system(), Duration.ofDays(1));
    ScriptedHandler hangs = new ScriptedHandler(type(), job -> Promise.<Void>promise().future());
    plant().worker(ahead, config, hangs);
    String id = id();
    submit(door, id, hangs.type());
    JsonObject held = PackageFixture.awaitStatus(door, id, "processing");
    assertThat(held.getInstant("lease_until")).isBefore(Instant.now().plusSeconds(30));
    Await.until("the handler to begin", PackageFixture.LIMIT, () -> !hangs.jobs.isEmpty());
    assertThat(hangs.jobs.get(0).held().getAsBoolean()).isTrue();
  }
}
