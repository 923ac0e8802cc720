package io.ovation.deliver;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.config.Config;
import io.ovation.deliver.protocol.CloseCode;
import io.ovation.testkit.Await;
import io.ovation.testkit.RawViewer;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ViewerProtocolIT {
  /** Messages or frames in a second that end a connection. */
  private static final int FLOOD = 500;

  private static final Duration LIMIT = Duration.ofSeconds(20);
  private final DeliveryFixture stage = new DeliveryFixture(DeliveryFixture.DEFAULT);

  @AfterEach
  void close() {
    stage.close();
  }

  @Test
  void aViewerWatchesAndSeesWhatComesAfter() {
    stage.supervisor.publish("s1", "before");
    RawViewer bob = stage.plain();
    JsonObject watching = bob.watch("s1");
    assertThat(watching.getString("stream")).isEqualTo("s1");
    assertThat(watching.getString("region")).isEqualTo("test");
    assertThat(watching.getLong("offset")).isEqualTo(1);
    assertThat(watching.getLong("viewers")).isEqualTo(1);
    assertThat(watching.getLong("heartbeat_ms")).isEqualTo(25_000);
    stage.supervisor.publish("s1", "after");
    JsonObject comment = bob.next("comment");
    assertThat(comment.getString("text")).isEqualTo("after");
    assertThat(comment.getLong("offset")).isEqualTo(2);
  }

  @Test
  void aCommentOnTheSocketIsAcceptedOnceTheIntakeHasIt() {
    RawViewer bob = stage.watching("s1");
    bob.say("{\"type\":\"comment\",\"text\":\"hi\",\"id\":\"mine\"}");
    assertThat(bob.next("accepted").getString("id")).isEqualTo("mine");
    bob.say("{\"type\":\"comment\",\"text\":\"ho\"}");
    assertThat(bob.next("accepted").getString("id")).isEqualTo(stage.submissions.newId);
    assertThat(stage.submissions.taken).containsExactly("s1/bob/hi", "s1/bob/ho");
  }

  @Test
  void aReactionIsCountedAndOnlyAFailureIsAnswered() {
    RawViewer bob = stage.plain();
    bob.say("{\"type\":\"reaction\",\"kind\":\"like\",\"id\":\"early\"}");
    JsonObject early = bob.next("error");
    assertThat(early.getString("code")).isEqualTo("not_watching");
    assertThat(early.getString("id")).isEqualTo("early");
    bob.watch("s1");
    bob.say("{\"type\":\"reaction\",\"kind\":\"like\"}");
    bob.say("{\"type\":\"reaction\",\"kind\":\"like\",\"count\":50}");
    bob.say("{\"type\":\"reaction\",\"kind\":\"boo\",\"id\":\"mine\"}");
    JsonObject error = bob.next("error");
    assertThat(error.getString("field")).isEqualTo("kind");
    assertThat(error.getString("id")).isEqualTo("mine");
    assertThat(stage.submissions.taken).containsExactly("s1/bob/like/null", "s1/bob/like/50");
  }

  @Test
  void aPingIsAnswered() {
    RawViewer bob = stage.plain();
    bob.say("{\"type\":\"ping\"}");
    bob.next("pong");
  }

  @Test
  void badInputIsNamedAndTheConnectionGoesOn() {
    RawViewer bob = stage.plain();
    error(bob, "nonsense", "invalid", "message");
    error(bob, "{\"type\":\"dance\"}", "unknown_type", "type");
    error(bob, "{\"type\":\"watch\",\"stream\":\"a b\",\"user\":\"b\"}", "invalid", "stream");
    error(bob, "{\"type\":\"watch\",\"stream\":\"s\"}", "invalid", "user");
    error(bob, "{\"a\":".repeat(40) + "1" + "}".repeat(40), "invalid", "message");
    bob.say("{\"type\":\"comment\",\"text\":\"hi\",\"id\":\"early\"}");
    JsonObject early = bob.next("error");
    assertThat(early.getString("code")).isEqualTo("not_watching");
    assertThat(early.getString("id")).isEqualTo("early");
    bob.watch("s1");
    bob.say("{\"type\":\"comment\",\"text\":7,\"id\":\"bad\"}");
    JsonObject wrong = bob.next("error");
    assertThat(wrong.getString("field")).isEqualTo("text");
    assertThat(wrong.getString("id")).isEqualTo("bad");
    bob.say("{\"type\":\"ping\"}");
    bob.next("pong");
  }

  private static void error(RawViewer wire, String message, String code, String field) {
    wire.say(message);
    JsonObject error = wire.next("error");
    assertThat(error.getString("code")).as(message).isEqualTo(code);
    assertThat(error.getString("field")).as(message).isEqualTo(field);
    assertThat(error.getString("detail")).startsWith(field + ": ");
  }

  @Test
  void aSecondWatchMovesTheConnection() {
    RawViewer bob = stage.watching("s1");
    assertThat(stage.supervisor.isOpen("s1")).isTrue();
    bob.watch("s2");
    Await.until("s1 is closed", LIMIT, () -> !stage.supervisor.isOpen("s1"));
    stage.supervisor.publish("s1", "not for bob");
    stage.supervisor.publish("s2", "for bob");
    assertThat(bob.next("comment").getString("stream")).isEqualTo("s2");
  }

  @Test
  void aRefusedStreamIsSaidAndMayBeTriedAgain() {
    stage.supervisor.refused.add("s1");
    RawViewer bob = stage.plain();
    bob.say("{\"type\":\"watch\",\"stream\":\"s1\",\"user\":\"bob\"}");
    assertThat(bob.next("error").getString("code")).isEqualTo("unavailable");
    stage.supervisor.refused.clear();
    bob.watch("s1");
  }

  @Test
  void theDeskIsToldHowManyWatchAndWhenTheLastLeft() {
    RawViewer bob = stage.watching("s1");
    RawViewer eve = stage.watching("s1");
    Await.until("two are counted", LIMIT, () -> stage.supervisor.viewers("s1") == 2);
    bob.close();
    Await.until("one is counted", LIMIT, () -> stage.supervisor.viewers("s1") == 1);
    eve.close();
    Await.until("the stream is closed", LIMIT, () -> !stage.supervisor.isOpen("s1"));
    Await.until("no connection is left", LIMIT, () -> stage.connections() == 0);
  }

  @Test
  void unansweredCommentsAreBounded() {
    stage.submissions.hold();
    RawViewer bob = stage.watching("s1");
    for (int i = 0; i <= DeliverySettings.UNANSWERED; i++) {
      bob.say("{\"type\":\"comment\",\"text\":\"hi\",\"id\":\"c" + i + "\"}");
    }
    JsonObject error = bob.next("error");
    assertThat(error.getString("code")).isEqualTo("rate");
    assertThat(error.getString("id")).isEqualTo("c" + DeliverySettings.UNANSWERED);
    assertThat(stage.submissions.waiting()).isEqualTo(DeliverySettings.UNANSWERED);
  }

  @Test
  void tooManyMessagesInASecondAreSaidOnceAndAFloodEndsTheConnection() {
    RawViewer bob = stage.watching("s1");
    for (int i = 0; i < 4 * FLOOD; i++) {
      try {
        bob.say("{\"type\":\"ping\"}");
      } catch (java.io.UncheckedIOException closed) {
        break;
      }
    }
    assertThat(bob.nextBut("pong").getString("code")).isEqualTo("rate");
    assertThat(bob.closed().closeCode()).isEqualTo(CloseCode.FLOOD.code());
    assertThat(bob.frames.stream().filter(frame -> frame.contains("error"))).hasSize(1);
  }

  @Test
  void framesThatCarryNothingAreCountedToo() {
    byte[] first = RawViewer.frame(false, RawViewer.TEXT, new byte[] {'{'});
    byte[] empty = RawViewer.frame(false, RawViewer.CONTINUATION, new byte[0]);
    byte[] pong = RawViewer.frame(true, RawViewer.PONG, new byte[0]);
    for (byte[] flood : new byte[][] {empty, pong}) {
      RawViewer bob = stage.watching("s1");
      bob.write(first);
      try {
        for (int i = 0; i < 4 * FLOOD; i++) {
          bob.write(flood);
        }
      } catch (java.io.UncheckedIOException closed) {
        assertThat(closed).isNotNull();
      }
      assertThat(bob.closed().closeCode()).isEqualTo(CloseCode.FLOOD.code());
    }
  }

  @Test
  void tooManyWatchesInASecondAreRefused() {
    RawViewer bob = stage.plain();
    for (int i = 0; i < 40; i++) {
      bob.say("{\"type\":\"watch\",\"stream\":\"s1\",\"user\":\"bob\"}");
    }
    JsonObject error = bob.nextBut("watching");
    assertThat(error.getString("code")).isEqualTo("rate");
    assertThat(error.getString("detail")).contains("10 watches");
  }

  @Test
  void whoNeverWatchesAndWhoFallsSilentIsDisconnected() {
    Config.Viewer hasty =
        DeliveryFixture.viewer(Duration.ofMillis(1500), 1 << 20, Duration.ofSeconds(30), 256);
    try (DeliveryFixture quick = new DeliveryFixture(hasty)) {
      RawViewer idle = quick.plain();
      assertThat(idle.closed().closeCode()).isEqualTo(CloseCode.NEVER_WATCHED.code());
      RawViewer silent = quick.plain();
      silent.watch("s1");
      RawViewer alive = quick.plain();
      alive.watch("s1");
      // The silent one reads its pings without an answer; the other's are answered as it reads.
      Thread reader =
          new Thread(
              () -> {
                while (!alive.next().containsKey("text")) {
                  continue;
                }
              });
      reader.start();
      assertThat(silent.closed().closeCode()).isEqualTo(CloseCode.STALE.code());
      // Four pings take longer than two heartbeats.
      Await.until("the other is pinged on", LIMIT, () -> alive.pings >= 4);
      quick.supervisor.publish("s1", "still here");
      Await.until("the other lives", LIMIT, () -> !reader.isAlive());
      assertThat(quick.closes(CloseCode.STALE)).isEqualTo(1);
    }
  }
}
