package io.ovation.packages;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.config.Config;
import io.ovation.queue.Lane;
import io.ovation.queue.QueueName;
import io.ovation.testkit.Api;
import io.ovation.testkit.Await;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What the package coordinator promises, on any broker and store. */
abstract class PackagesContract extends PackageLeaseContract {
  @Test
  void withoutAnIdNothingIsStoredOrQueued() {
    Api door = plant().door();
    long before = depth();
    int calls = plant().storeCalls.get();
    Api.Answer answer = door.post("/packages", "{\"type\":\"t\",\"payload\":1}");
    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.json().getString("field")).isEqualTo("id");
    assertThat(plant().storeCalls).as("calls of the store").hasValue(calls);
    assertThat(depth()).isEqualTo(before);
  }

  private long depth() {
    long sum = 0;
    for (Lane lane : Lane.values()) {
      for (int p = 0; p < PackageFixture.PARTITIONS.count(); p++) {
        sum += PackageFixture.await(plant().broker.depth(new QueueName("packages", lane, p)));
      }
    }
    return sum;
  }

  @Test
  void whatIsAcceptedIsPendingAtOnce() {
    Api door = plant().door();
    String id = id();
    Api.Answer answer = submit(door, id, type());
    assertThat(answer.status()).isEqualTo(202);
    assertThat(answer.json()).isEqualTo(new JsonObject().put("id", id).put("status", "pending"));
    JsonObject state = PackageFixture.status(door, id);
    assertThat(state.getString("status")).isEqualTo("pending");
    assertThat(state.getString("priority")).isEqualTo("normal");
    assertThat(state.getInteger("attempts")).isZero();
    assertThat(state.getInstant("updated_at")).isNotNull();
    assertThat(door.get("/packages/" + id()).status()).isEqualTo(404);
  }

  @Test
  void thePayloadArrivesAsTheJsonThatWasSent() {
    Api door = plant().door();
    ScriptedHandler worked = new ScriptedHandler(type());
    plant().worker(worked);
    JsonObject payload =
        new JsonObject()
            .put("z", new JsonArray().add(1).add(1.5).add(true).addNull())
            .put("a", "caf\u00e9 \ud83d\ude00 \u0000")
            .put("n", new JsonObject());
    String id = id();
    JsonObject body = PackageFixture.submission(id, worked.type()).put("payload", payload);
    assertThat(door.post("/packages", body.encode()).status()).isEqualTo(202);
    PackageFixture.awaitStatus(door, id, "done");
    assertThat(worked.jobs.get(0).payload()).isEqualTo(payload.encode());
  }

  @Test
  void acceptedWhileNoWorkerRunsAndDoneWhenOneComes() {
    Api door = plant().door();
    ScriptedHandler worked = new ScriptedHandler(type());
    List<String> ids = IntStream.range(0, 20).mapToObj(i -> id()).toList();
    ids.forEach(id -> assertThat(submit(door, id, worked.type()).status()).isEqualTo(202));
    plant().worker(worked);
    ids.forEach(id -> PackageFixture.awaitStatus(door, id, "done"));
    assertThat(worked.effects).containsExactlyInAnyOrderElementsOf(ids);
  }

  @Test
  void packagesSurviveTheRestartOfBrokerStoreAndCoordinator() {
    ScriptedHandler worked = new ScriptedHandler(type());
    List<String> ids = IntStream.range(0, 20).mapToObj(i -> id()).toList();
    Api before = plant().door();
    ids.forEach(id -> assertThat(submit(before, id, worked.type()).status()).isEqualTo(202));
    restartPlant();
    Api after = plant().door();
    ids.forEach(
        id ->
            assertThat(PackageFixture.status(after, id).getString("status")).isEqualTo("pending"));
    plant().worker(worked);
    ids.forEach(id -> PackageFixture.awaitStatus(after, id, "done"));
    assertThat(worked.effects).containsExactlyInAnyOrderElementsOf(ids);
  }

  @Test
  void anyReplicaAnswersForAnyPackage() {
    Api one = plant().door();
    Api two = plant().door();
    ScriptedHandler worked = new ScriptedHandler(type());
    plant().worker(worked);
    String id = id();
    assertThat(submit(one, id, worked.type()).status()).isEqualTo(202);
    assertThat(PackageFixture.awaitStatus(two, id, "done"))
        .isEqualTo(PackageFixture.status(one, id));
    assertThat(submit(two, id, worked.type()).status()).isEqualTo(200);
  }

  @Test
  void lifeGoesFromPendingOverProcessingAndFailedToDone() {
    Api door = plant().door();
    Promise<Void> first = Promise.promise();
    Promise<Void> second = Promise.promise();
    ScriptedHandler worked =
        new ScriptedHandler(type(), job -> (job.attempt() == 1 ? first : second).future());
    String id = id();
    submit(door, id, worked.type());
    assertThat(PackageFixture.status(door, id).getString("status")).isEqualTo("pending");
    plant().worker(worked);
    JsonObject processing = PackageFixture.awaitStatus(door, id, "processing");
    assertThat(processing.getInteger("attempts")).isEqualTo(1);
    assertThat(processing.getInstant("started_at")).isNotNull();
    assertThat(processing.getInstant("lease_until")).isNotNull();
    first.fail("no luck");
    JsonObject failed =
        PackageFixture.await(door, id, s -> "no luck".equals(s.getString("error")), "failed");
    assertThat(failed.getInteger("attempts")).isBetween(1, 2);
    PackageFixture.await(door, id, s -> s.getInteger("attempts") == 2, "processing again");
    second.complete();
    JsonObject done = PackageFixture.awaitStatus(door, id, "done");
    assertThat(done.getInteger("attempts")).isEqualTo(2);
    assertThat(done.getInstant("finished_at")).isAfterOrEqualTo(done.getInstant("started_at"));
    assertThat(done.getString("error")).isNull();
  }

  @Test
  void whatKeepsFailingIsDeadAfterItsAttemptsAndWhatIsRefusedAtOnce() {
    Api door = plant().door();
    ScriptedHandler fails =
        new ScriptedHandler(
            type(), job -> Future.failedFuture("attempt " + job.attempt() + " broke"));
    ScriptedHandler throwing =
        new ScriptedHandler(
            type(),
            job -> {
              throw new IllegalStateException("thrown");
            });
    ScriptedHandler refuses =
        new ScriptedHandler(type(), job -> Future.failedFuture(new PermanentFailure("never")));
    plant().worker(fails, throwing, refuses);
    String failing = id();
    String thrown = id();
    String refused = id();
    submit(door, failing, fails.type());
    submit(door, thrown, throwing.type());
    submit(door, refused, refuses.type());
    assertThat(PackageFixture.awaitStatus(door, refused, "dead").getString("error"))
        .isEqualTo("never");
    assertThat(refuses.attempts(refused)).isEqualTo(1);
    JsonObject dead = PackageFixture.awaitStatus(door, failing, "dead");
    assertThat(dead.getInteger("attempts")).isEqualTo(3);
    assertThat(dead.getString("error")).contains("3 times", "attempt 3 broke");
    assertThat(fails.jobs).extracting(PackageJob::attempt).containsExactly(1, 2, 3);
    assertThat(PackageFixture.awaitStatus(door, thrown, "dead").getString("error"))
        .contains("thrown");
  }

  @Test
  void theSameIdWithAnotherBodyIsRefusedByItsJsonValue() {
    Api door = plant().door();
    String id = id();
    String type = type();
    String body = "{\"id\":\"" + id + "\",\"type\":\"" + type + "\",\"payload\":%s}";
    assertThat(door.post("/packages", body.formatted("{\"a\":1,\"b\":[2,3]}")).status())
        .isEqualTo(202);
    assertThat(door.post("/packages", body.formatted(" {\"b\":[2.0,3e0],\"a\":1} ")).status())
        .isEqualTo(200);
    for (String other : List.of("{\"a\":1,\"b\":[3,2]}", "{\"a\":\"1\",\"b\":[2,3]}", "null")) {
      Api.Answer refused = door.post("/packages", body.formatted(other));
      assertThat(refused.status()).as(other).isEqualTo(409);
      assertThat(refused.json().getString("field")).isEqualTo("id");
    }
    assertThat(submit(door, id, type()).status()).isEqualTo(409);
    plant().worker(new ScriptedHandler(type));
    PackageFixture.awaitStatus(door, id, "done");
    assertThat(door.post("/packages", body.formatted("1")).status()).isEqualTo(409);
  }

  @Test
  void aDeadPackageIsProcessedAgainWhenItIsSentBack() {
    Api door = plant().door();
    ScriptedHandler worked =
        new ScriptedHandler(type(), job -> Future.failedFuture(new PermanentFailure("not now")));
    plant().worker(worked);
    String id = id();
    submit(door, id, worked.type());
    PackageFixture.awaitStatus(door, id, "dead");
    assertThat(PackageFixture.status(door, id).containsKey("payload")).isFalse();
    worked.does(job -> Future.succeededFuture());
    Api.Answer sent = door.post("/packages/" + id + "/send-back", "");
    assertThat(sent.status()).isEqualTo(202);
    assertThat(sent.json().getString("status")).isEqualTo("pending");
    JsonObject done = PackageFixture.awaitStatus(door, id, "done");
    assertThat(done.getInteger("attempts")).isEqualTo(1);
    assertThat(worked.jobs).extracting(PackageJob::payload).containsOnly("{}");
    assertThat(door.post("/packages/" + id + "/send-back", "").status()).isEqualTo(409);
    assertThat(door.post("/packages/" + id() + "/send-back", "").status()).isEqualTo(404);
    assertThat(door.post("/packages/a%20b/send-back", "").status()).isEqualTo(400);
  }

  @Test
  void aPackageThatNobodyHandlesEndsAndCanBeSentBack() {
    Api door = plant().door();
    Config.Packages config =
        PackageFixture.times(Duration.ofSeconds(2), Duration.ofSeconds(5), Duration.ofSeconds(2));
    Runnable stop = plant().worker(InstantSource.system(), config);
    ScriptedHandler late = new ScriptedHandler(type());
    String id = id();
    submit(door, id, late.type());
    JsonObject dead = PackageFixture.awaitStatus(door, id, "dead");
    assertThat(dead.getString("error")).contains("packages.unhandled_after");
    assertThat(dead.getInteger("attempts")).isZero();
    stop.run();
    plant().worker(late);
    assertThat(door.post("/packages/" + id + "/send-back", "").status()).isEqualTo(202);
    PackageFixture.awaitStatus(door, id, "done");
  }

  @Test
  void theSameIdTwiceHasOneEffectAndSaysHowItStands() {
    Api door = plant().door();
    ScriptedHandler worked = new ScriptedHandler(type());
    String id = id();
    assertThat(submit(door, id, worked.type()).status()).isEqualTo(202);
    Api.Answer again = submit(door, id, worked.type());
    assertThat(again.status()).isEqualTo(200);
    assertThat(again.json()).isEqualTo(PackageFixture.status(door, id));
    plant().worker(worked);
    PackageFixture.awaitStatus(door, id, "done");
    Api.Answer late = submit(door, id, worked.type());
    assertThat(late.status()).isEqualTo(200);
    assertThat(late.json().getString("status")).isEqualTo("done");
    // The item of the second submission, and a redelivery of the first.
    plant().publish(id, worked.type(), "{}");
    Await.until(
        "both to be settled",
        PackageFixture.LIMIT,
        () -> plant().count("ovation_packages_settled_total") >= 2);
    assertThat(worked.attempts(id)).isEqualTo(1);
  }

  @Test
  void anotherPackageUnderAKnownIdChangesNothing() {
    Api door = plant().door();
    ScriptedHandler worked = new ScriptedHandler(type());
    String id = id();
    submit(door, id, worked.type());
    JsonObject other = PackageFixture.submission(id, worked.type()).put("payload", "other");
    assertThat(door.post("/packages", other.encode()).status()).isEqualTo(409);
    plant().worker(worked);
    PackageFixture.awaitStatus(door, id, "done");
    assertThat(worked.jobs).extracting(PackageJob::payload).containsExactly("{}");
  }

  @Test
  void itemOfAPeerIsHandledWithoutASubmission() {
    Api door = plant().door();
    ScriptedHandler worked = new ScriptedHandler(type());
    plant().worker(worked);
    String id = id();
    plant().publish(id, worked.type(), "[1]");
    assertThat(PackageFixture.awaitStatus(door, id, "done").getInteger("attempts")).isEqualTo(1);
  }
}
