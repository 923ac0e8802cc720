package io.ovation.deliver;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.config.Config;
import io.ovation.deliver.protocol.CloseCode;
import io.ovation.testkit.Await;
import io.ovation.testkit.RawViewer;
import io.ovation.wire.proto.StateUpdate;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class DeliveryIT {
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private final DeliveryFixture stage =
      new DeliveryFixture(DeliveryFixture.DEFAULT, 2, loop -> loop);

  @AfterEach
  void close() {
    stage.close();
  }

  /** Reads up to {@code end}, and checks that nothing above {@code from} is missed or doubled. */
  private static void seesAll(RawViewer wire, long from, long end) {
    for (long offset = from + 1; offset <= end; offset++) {
      assertThat(wire.next("comment").getLong("offset")).isEqualTo(offset);
    }
  }

  @Test
  void aThousandThatJoinWhileCommentsFlowMissNothingAndSeeNothingTwice() {
    List<RawViewer> wires = new ArrayList<>();
    AtomicBoolean enough = new AtomicBoolean();
    Thread publisher =
        new Thread(
            () -> {
              while (!enough.get()) {
                stage.supervisor.publish("s1", "go");
                Await.pass(Duration.ofMillis(10));
              }
            });
    publisher.start();
    for (int i = 0; i < 1000; i++) {
      RawViewer wire = i % 3 == 0 ? stage.sockJs() : stage.plain();
      String watch = "{\"type\":\"watch\",\"stream\":\"s1\",\"user\":\"u" + i + "\"}";
      wire.say(i % 3 == 0 ? "[\"" + watch.replace("\"", "\\\"") + "\"]" : watch);
      wires.add(wire);
    }
    List<Long> offsets = new ArrayList<>();
    for (RawViewer wire : wires) {
      offsets.add(wire.next("watching").getLong("offset"));
    }
    enough.set(true);
    Await.until("the publisher stops", LIMIT, () -> !publisher.isAlive());
    stage.supervisor.publish("s1", "last");
    for (int i = 0; i < wires.size(); i++) {
      long offset = offsets.get(i);
      String text = "go";
      while (!text.equals("last")) {
        JsonObject comment = wires.get(i).next("comment");
        assertThat(comment.getLong("offset")).isEqualTo(++offset);
        text = comment.getString("text");
      }
    }
    assertThat(stage.metric("gaps")).isZero();
  }

  @Test
  void whatComesWhileAPassRunsLeavesInOneFrame() {
    Config.Viewer oneByOne =
        DeliveryFixture.viewer(Duration.ofSeconds(25), 1 << 20, Duration.ofSeconds(30), 1);
    try (DeliveryFixture slow = new DeliveryFixture(oneByOne)) {
      List<RawViewer> wires = new ArrayList<>();
      for (int i = 0; i < 50; i++) {
        wires.add(slow.watching("s1"));
      }
      slow.supervisor.run(
          () -> {
            for (int i = 0; i < 100; i++) {
              slow.supervisor.publish("s1", "more");
            }
          });
      for (RawViewer wire : wires) {
        seesAll(wire, 0, 100);
      }
      assertThat(slow.metric("passes")).isLessThan(100);
      assertThat(slow.metric("messages")).isEqualTo(5_000);
    }
  }

  @Test
  void whoReturnsGetsExactlyWhatItMissedThenGoesLive() {
    for (int i = 0; i < 50; i++) {
      stage.supervisor.publish("s1", "missed");
    }
    AtomicBoolean enough = new AtomicBoolean();
    Thread publisher =
        new Thread(
            () -> {
              while (!enough.get()) {
                stage.supervisor.publish("s1", "flow");
                Await.pass(Duration.ofMillis(1));
              }
            });
    RawViewer watcher = stage.watching("s1");
    publisher.start();
    for (int since = 0; since < 50; since += 5) {
      RawViewer wire = stage.plain();
      assertThat(wire.watch("s1", since).getLong("offset")).isEqualTo(since);
      seesAll(wire, since, 200);
      wire.close();
    }
    enough.set(true);
    seesAll(watcher, 50, 200);
  }

  @Test
  void whereHistoryHasEndedItIsToldAGap() {
    for (int i = 0; i < 30; i++) {
      stage.supervisor.publish("s1", "old");
    }
    stage.supervisor.forgotten.put("s1", 20L);
    RawViewer bob = stage.plain();
    assertThat(bob.watch("s1", 5).getLong("offset")).isEqualTo(5);
    JsonObject gap = bob.next("gap");
    assertThat(gap.getLong("from")).isEqualTo(6);
    assertThat(gap.getLong("to")).isEqualTo(20);
    seesAll(bob, 20, 30);
    stage.supervisor.publish("s1", "live");
    seesAll(bob, 30, 31);
  }

  @Test
  void whoComesFromAnotherRegionWithATimeIsReplayedFromFiveSecondsBefore() {
    stage.supervisor.publish("s1", "old");
    RawViewer bob = stage.plain();
    bob.say(
        "{\"type\":\"watch\",\"stream\":\"s1\",\"user\":\"b\",\"since\":9,"
            + "\"region\":\"mars\",\"at\":\"1970-01-01T00:00:05.000Z\"}");
    assertThat(bob.next("watching").getLong("offset")).isZero();
    assertThat(bob.next("comment").getString("text")).isEqualTo("old");
  }

  @Test
  void whoComesFromAnotherRegionIsToldSo() {
    stage.supervisor.publish("s1", "old");
    RawViewer bob = stage.plain();
    bob.say(
        "{\"type\":\"watch\",\"stream\":\"s1\",\"user\":\"b\",\"since\":9,\"region\":\"mars\"}");
    assertThat(bob.next("watching").getLong("offset")).isEqualTo(1);
    assertThat(bob.next("gap").getLong("to")).isEqualTo(1);
  }

  @Test
  void whatTheNodeLostIsToldInOrder() {
    RawViewer bob = stage.watching("s1");
    stage.supervisor.publish("s1", "one");
    stage.supervisor.gap("s1", 2, 9);
    assertThat(bob.next("comment").getLong("offset")).isEqualTo(1);
    assertThat(bob.next("gap").encode()).isEqualTo("{\"type\":\"gap\",\"from\":2,\"to\":9}");
  }

  @Test
  void aSlowViewerIsToldAGapAndTheOthersDoNotWait() {
    Config.Viewer tight =
        DeliveryFixture.viewer(Duration.ofSeconds(25), 128 * 1024, Duration.ofSeconds(60), 256);
    try (DeliveryFixture small = new DeliveryFixture(tight)) {
      RawViewer slow = new RawViewer(small.port, "/live/websocket", 8 * 1024);
      slow.watch("s1");
      RawViewer quick = small.watching("s1");
      int sent = 0;
      while (small.metric("skipped") < 20) {
        small.supervisor.publish("s1", "big", 60_000);
        quick.next("comment");
        assertThat(++sent).isLessThan(2_000);
      }
      assertThat(small.metric("slow")).isEqualTo(1);
      long seen = 0;
      JsonObject next = slow.next();
      while (next.getString("type").equals("comment")) {
        assertThat(next.getLong("offset")).isEqualTo(++seen);
        next = slow.next();
      }
      assertThat(next.getString("type")).isEqualTo("gap");
      assertThat(next.getLong("from")).isEqualTo(seen + 1);
      assertThat(next.getLong("to")).isEqualTo(sent);
      small.supervisor.publish("s1", "live again");
      assertThat(slow.next("comment").getLong("offset")).isEqualTo(sent + 1);
      assertThat(quick.next("comment").getLong("offset")).isEqualTo(sent + 1);
    }
  }

  @Test
  void aStateReachesEveryoneAndWhoJoinsLater() {
    RawViewer bob = stage.watching("s1");
    RawViewer ann = stage.sockJs();
    ann.say("[\"{\\\"type\\\":\\\"watch\\\",\\\"stream\\\":\\\"s1\\\",\\\"user\\\":\\\"a\\\"}\"]");
    ann.next("watching");
    stage.supervisor.publish("s1", "before");
    stage.supervisor.state(
        "s1", StateUpdate.Kind.STATUS, "{\"type\":\"status\",\"live\":true}", "");
    stage.supervisor.state(
        "s1",
        StateUpdate.Kind.REACTIONS,
        "{\"type\":\"reactions\",\"counts\":{\"like\":3}}",
        "{\"type\":\"reactions\",\"counts\":{}}");
    for (RawViewer wire : List.of(bob, ann)) {
      assertThat(wire.next("comment").getString("text")).isEqualTo("before");
      assertThat(wire.next("status").getBoolean("live")).isTrue();
      assertThat(wire.next("reactions").getJsonObject("counts").getInteger("like")).isEqualTo(3);
    }
    RawViewer late = stage.watching("s1");
    assertThat(late.next("status").getBoolean("live")).isTrue();
    assertThat(late.next("reactions").getJsonObject("counts")).isEmpty();
    RawViewer back = stage.plain();
    back.watch("s1", 0);
    assertThat(back.next("comment").getString("text")).isEqualTo("before");
    assertThat(back.next("status").getBoolean("live")).isTrue();
  }

  @Test
  void whoIsBehindGetsOnlyTheNewestStateAndLosesNoCommentForIt() {
    Config.Viewer tight =
        DeliveryFixture.viewer(Duration.ofSeconds(25), 8 << 20, Duration.ofSeconds(60), 256);
    try (DeliveryFixture small = new DeliveryFixture(tight)) {
      RawViewer slow = new RawViewer(small.port, "/live/websocket", 8 * 1024);
      slow.watch("s1");
      RawViewer quick = small.watching("s1");
      int sent = 0;
      int states = 0;
      while (small.metric("conflated") < 5) {
        small.supervisor.publish("s1", "big", 60_000);
        small.supervisor.state("s1", StateUpdate.Kind.VIEWERS, viewers(++states), "");
        quick.next("comment");
        quick.next("viewers");
        assertThat(++sent).isLessThan(500);
      }
      long seen = 0;
      int told = 0;
      int newest = 0;
      while (seen < sent || newest < states) {
        JsonObject next = slow.next();
        if (next.getString("type").equals("comment")) {
          assertThat(next.getLong("offset")).isEqualTo(++seen);
        } else {
          assertThat(next.getInteger("count")).isGreaterThan(newest);
          newest = next.getInteger("count");
          told++;
        }
      }
      assertThat(told).isLessThan(states);
      assertThat(small.metric("gaps")).isZero();
    }
  }

  private static String viewers(int count) {
    return "{\"type\":\"viewers\",\"count\":" + count + "}";
  }

  @Test
  void whoTakesNothingForTooLongIsDisconnectedAndToldToReconnect() {
    Config.Viewer strict =
        DeliveryFixture.viewer(Duration.ofSeconds(25), 64 * 1024, Duration.ofSeconds(1), 256);
    try (DeliveryFixture small = new DeliveryFixture(strict)) {
      RawViewer stuck = new RawViewer(small.port, "/live/websocket", 8 * 1024);
      stuck.watch("s1");
      RawViewer quick = small.watching("s1");
      while (small.metric("slow") < 1) {
        small.supervisor.publish("s1", "big", 60_000);
        quick.next("comment");
      }
      Await.until("it is ended", LIMIT, () -> small.closes(CloseCode.STUCK) == 1);
      assertThat(CloseCode.STUCK.reconnect()).isTrue();
      assertThat(stuck.closed().closeCode()).isEqualTo(CloseCode.STUCK.code());
    }
  }

  @Test
  void aPassYieldsToWhatOthersSay() {
    Config.Viewer small =
        DeliveryFixture.viewer(Duration.ofSeconds(25), 1 << 20, Duration.ofSeconds(30), 4);
    try (DeliveryFixture turns = new DeliveryFixture(small)) {
      List<RawViewer> wires = new ArrayList<>();
      for (int i = 0; i < 40; i++) {
        wires.add(turns.watching("s1"));
      }
      turns.supervisor.publish("s1", "to all");
      for (RawViewer wire : wires) {
        wire.next("comment");
      }
      Await.until("the pass took ten turns", LIMIT, () -> turns.metric("turns") >= 10);
      assertThat(turns.metric("passes")).isEqualTo(1);
    }
  }
}
