package io.ovation.deliver;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.deliver.protocol.CloseCode;
import io.ovation.stage.StreamSubscriptions.WatchChange;
import io.ovation.stage.ViewerShard;
import io.ovation.testkit.Await;
import io.ovation.testkit.RawViewer;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Which watches are reported to the supervisor, and what happens to those that it ends. */
class ShardWatchReporterIT {
  private static final Duration LIMIT = Duration.ofSeconds(20);
  private DeliveryFixture stage = new DeliveryFixture(DeliveryFixture.DEFAULT);

  @AfterEach
  void close() {
    stage.close();
  }

  private List<WatchChange> told(int count) {
    Await.until(
        () -> count + " watches to be told, now " + stage.supervisor.watching,
        LIMIT,
        () -> stage.supervisor.watching.size() >= count);
    return stage.supervisor.watching;
  }

  private ViewerShard shard() {
    return stage.supervisor.shards.iterator().next();
  }

  @Test
  void eachWatchIsToldOnceWithANumberOfItsOwn() {
    RawViewer bob = stage.watching("s1");
    bob.watch("s1");
    bob.watch("s2");
    bob.close();
    List<WatchChange> told = told(4);
    assertThat(told).extracting(WatchChange::stream).containsExactly("s1", null, "s2", null);
    assertThat(told).extracting(WatchChange::user).containsOnly("bob");
    assertThat(told.get(0).watch()).isEqualTo(told.get(1).watch());
    assertThat(told.get(2).watch()).isEqualTo(told.get(3).watch());
    assertThat(told.get(0).watch()).isNotEqualTo(told.get(2).watch());
  }

  @Test
  void whoWatchesElsewhereIsToldWhyAndEndsForGood() {
    RawViewer bob = stage.watching("s1");
    RawViewer eve = stage.watching("s1");
    long connection = told(2).get(0).watch();
    shard().endWatches(Set.of(connection));
    JsonObject error = bob.next("error");
    assertThat(error.getString("code")).isEqualTo("elsewhere");
    assertThat(error.getString("detail")).contains("another stream");
    assertThat(bob.closed().closeCode()).isEqualTo(CloseCode.ELSEWHERE.code());
    assertThat(CloseCode.ELSEWHERE.reconnect()).isFalse();
    assertThat(CloseCode.ELSEWHERE.code()).isBetween(4500, 4999);
    stage.supervisor.publish("s1", "for eve");
    eve.next("comment");
  }

  @Test
  void whoHasMovedMeanwhileStays() {
    RawViewer bob = stage.watching("s1");
    long left = told(1).get(0).watch();
    bob.watch("s2");
    told(3);
    shard().endWatches(Set.of(left));
    bob.say("{\"type\":\"ping\"}");
    bob.next("pong");
  }

  @Test
  void allAreToldAgainOnDemand() {
    stage.watching("s1");
    stage.watching("s2");
    List<WatchChange> first = List.copyOf(told(2));
    shard().resendWatches();
    assertThat(told(4).subList(2, 4)).containsExactlyInAnyOrderElementsOf(first);
  }

  @Test
  void nothingIsToldWhereAUserMayWatchAnyNumber() {
    stage.close();
    stage = new DeliveryFixture(DeliveryFixture.anyNumber());
    stage.watching("s1");
    RawViewer bob = stage.watching("s2");
    Await.until("two are counted", LIMIT, () -> stage.supervisor.viewers("s2") == 1);
    bob.say("{\"type\":\"ping\"}");
    bob.next("pong");
    assertThat(stage.supervisor.watching).isEmpty();
  }
}
