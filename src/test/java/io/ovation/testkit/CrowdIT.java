package io.ovation.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The load client against a node: it sees everything, and would see what is missing. */
@Tag("alone")
class CrowdIT {
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final int VIEWERS = 300;
  private static final int POSTS = 200;

  @Test
  void crowdsOfBothTransportsHearEveryPostOnceAndInOrder() {
    try (NodeProcess node = NodeProcess.start(NodeSpec.named("crowd")).awaitReady();
        Crowd plain = new Crowd(CrowdProtocol.plain("c1"), node.port());
        Crowd sockJs = new Crowd(CrowdProtocol.sockJs("c1"), node.port());
        OpenLoop posts = new OpenLoop(node.port(), 8, CrowdIT.posts("c1", 20))) {
      plain.open(VIEWERS, LIMIT);
      sockJs.open(VIEWERS, LIMIT);
      posts.run(100, Duration.ofSeconds(POSTS / 100));
      assertThat(posts.answers(202)).isEqualTo(POSTS);
      plain.awaitEach(POSTS, LIMIT);
      sockJs.awaitEach(POSTS, LIMIT);
      plain.check();
      sockJs.check();
      long sum = plain.members().get(1).offsetSum();
      assertThat(plain.members()).allMatch(member -> member.offsetSum() == sum);
      assertThat(sockJs.members()).allMatch(member -> member.offsetSum() == sum);
      assertThat(plain.events()).isEqualTo((long) VIEWERS * POSTS);
      assertThat(sockJs.takeLatencies().getTotalCount()).isEqualTo((long) VIEWERS * POSTS);
    }
  }

  @Test
  void membersThatAreDroppedComeBackAndMissNothing() {
    try (NodeProcess node = NodeProcess.start(NodeSpec.named("crowd-back")).awaitReady();
        Crowd crowd = new Crowd(CrowdProtocol.sockJs("c2"), node.port());
        OpenLoop posts = new OpenLoop(node.port(), 8, CrowdIT.posts("c2", 20))) {
      crowd.open(VIEWERS, LIMIT);
      posts.start(100, Duration.ofSeconds(POSTS / 100));
      crowd.awaitEach(POSTS / 4, LIMIT);
      crowd.members().forEach(CrowdMember::drop);
      Await.until("all are gone", LIMIT, () -> crowd.watching() == 0);
      crowd.members().forEach(CrowdMember::reconnect);
      posts.finish(LIMIT);
      crowd.awaitEach(POSTS, LIMIT);
      assertThat(crowd.counts()).containsOnlyKeys((long) POSTS);
      assertThat(crowd.disordered() + crowd.gaps()).isZero();
      assertThat(crowd.lost()).isEqualTo(VIEWERS);
    }
  }

  @Test
  void membersThatDoNotReadAreTheOnlyOnesToMissAnything() {
    try (NodeProcess node =
            NodeProcess.start(NodeSpec.named("crowd-slow").env("OVATION_VIEWER_BUFFER", "64KiB"))
                .awaitReady();
        Crowd slow =
            new Crowd(CrowdProtocol.plain("c3"), new Crowd.Listener() {}, 4096, node.port());
        Crowd crowd = new Crowd(CrowdProtocol.plain("c3"), node.port());
        OpenLoop posts = new OpenLoop(node.port(), 8, CrowdIT.posts("c3", 400))) {
      slow.open(2, LIMIT);
      crowd.open(20, LIMIT);
      slow.members().forEach(CrowdMember::stopReading);
      Await.until(
          "the slow ones to lose something", // The kernel's buffers take megabytes first.
          Duration.ofSeconds(90),
          () -> {
            posts.run(1000, Duration.ofSeconds(1));
            return node.metrics().sum("ovation_deliver_slow_total") >= 2;
          });
      // One of them may have been slow twice: this is more than the other can still buffer.
      for (int i = 0; i < 6; i++) {
        posts.run(1000, Duration.ofSeconds(1));
      }
      crowd.awaitEach(posts.posted(), LIMIT);
      crowd.check();
      assertThat(posts.answers(202)).isEqualTo(posts.posted());
      slow.members().forEach(CrowdMember::readOn);
      Await.until(() -> "a gap for each, now " + slow.gaps(), LIMIT, () -> slow.gaps() >= 2);
      assertThat(slow.disordered()).isZero();
    }
  }

  private static OpenLoop.Script posts(String stream, int length) {
    return new OpenLoop.Script() {
      @Override
      public String path(long n) {
        return "/streams/" + stream + "/comments";
      }

      @Override
      public String body(long n, long dueNanos) {
        return "{\"user\":\"u%d\",\"text\":\"%s@%019d\"}"
            .formatted(n % 7, "x".repeat(length), dueNanos);
      }
    };
  }
}
