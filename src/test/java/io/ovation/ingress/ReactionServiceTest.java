package io.ovation.ingress;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.auth.Caller;
import io.ovation.config.Config;
import io.ovation.http.problem.Problem;
import io.ovation.http.problem.ProblemException;
import io.ovation.live.proto.ReactionBatch;
import io.ovation.live.proto.StreamReactions;
import io.ovation.metrics.Metrics;
import io.ovation.queue.BrokerUnavailable;
import io.ovation.queue.Partitions;
import io.ovation.testkit.Await;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ReactionServiceTest {
  private static final Duration LIMIT = Duration.ofSeconds(20);
  private static final int BUDGET = 5;

  private final Vertx vertx = Vertx.vertx();
  private final Metrics metrics = new Metrics();
  private final Partitions partitions = new Partitions(4);
  private final List<ReactionBatch> batches = new CopyOnWriteArrayList<>();
  private final List<Promise<String>> confirms = new CopyOnWriteArrayList<>();
  private final AtomicBoolean pressed = new AtomicBoolean();
  private final ReactionService intake =
      new ReactionService(
          vertx,
          batch -> {
            batches.add(batch);
            confirms.add(Promise.promise());
            return confirms.get(confirms.size() - 1).future();
          },
          partitions,
          new Config.Reactions(
              List.of("like", "wow"), BUDGET, Duration.ofMillis(500), Duration.ofDays(1)),
          "local",
          pressed::get,
          InstantSource.system(),
          metrics);

  @AfterEach
  void close() throws Exception {
    vertx.close().await(10, TimeUnit.SECONDS);
  }

  @Test
  void whatIsCountedTogetherLeavesAsOneItemAndIsAnsweredByItsConfirm() {
    List<Future<Void>> answers = new ArrayList<>();
    answers.add(intake.reaction(Caller.ANONYMOUS, "s", "alice", "like", null, null));
    answers.add(intake.reaction(Caller.ANONYMOUS, "s", "bob", "like", 50L, "mine"));
    answers.add(intake.reaction(Caller.ANONYMOUS, "s", "bob", "wow", 2L, null));
    awaitBatches(1);
    assertThat(answers).noneMatch(Future::isComplete);
    assertThat(batches.get(0).getStreamsList())
        .containsExactly(
            StreamReactions.newBuilder()
                .setStream("s")
                .putCounts("like", 51)
                .putCounts("wow", 2)
                .build());

    confirms.get(0).complete("");
    Await.until("the answers", LIMIT, () -> answers.stream().allMatch(Future::succeeded));
    assertThat(metrics.scrape())
        .contains("ovation_ingress_reactions_accepted_total 53.0")
        .contains("ovation_ingress_reactions_calls_total 3.0")
        .contains("ovation_ingress_reactions_in_flight 0.0");
  }

  @Test
  void streamsOfOnePartitionShareAnItemAndThoseOfOthersDont() {
    Map<Integer, Integer> streams = new HashMap<>();
    for (int i = 0; i < BUDGET; i++) {
      intake.reaction(Caller.ANONYMOUS, "s" + i, "alice", "like", null, null);
      streams.merge(partitions.of("s" + i), 1, Integer::sum);
    }
    awaitBatches(streams.size());
    Map<Integer, Integer> found = new HashMap<>();
    batches.forEach(
        batch ->
            found.put(partitions.of(batch.getStreams(0).getStream()), batch.getStreamsCount()));
    assertThat(found).isEqualTo(streams);
  }

  @Test
  void eachItemHasAnIdentityOfItsOwn() {
    for (int i = 1; i <= 3; i++) {
      intake.reaction(Caller.ANONYMOUS, "s", "alice", "like", null, null);
      awaitBatches(i);
    }
    assertThat(batches).extracting(ReactionBatch::getNumber).containsExactly(1L, 2L, 3L);
    assertThat(batches)
        .extracting(ReactionBatch::getSource)
        .containsOnly(batches.get(0).getSource());
    assertThat(batches.get(0).getSource()).hasSize(22);
  }

  @Test
  void callersAreAnsweredOnTheirOwnLoop() {
    Context context = vertx.getOrCreateContext();
    Promise<Boolean> there = Promise.promise();
    context.runOnContext(
        v -> {
          intake.reaction(Caller.ANONYMOUS, "s", "alice", "like", null, null);
          Future<Void> other = intake.reaction(Caller.ANONYMOUS, "s", "bob", "like", null, null);
          other.onComplete(done -> there.complete(Vertx.currentContext() == context));
        });
    awaitBatches(1);
    confirms.get(0).complete("");
    Await.until("the answer", LIMIT, () -> there.future().isComplete());
    assertThat(there.future().result()).isTrue();
  }

  @Test
  void pastTheBudgetReactionsAreRefusedUntilABatchIsConfirmed() {
    for (int i = 0; i < BUDGET; i++) {
      intake.reaction(Caller.ANONYMOUS, "s", "alice", "like", null, null);
    }
    Problem busy = problem(intake.reaction(Caller.ANONYMOUS, "s", "alice", "like", null, null));
    assertThat(busy.status()).isEqualTo(429);
    assertThat(busy.retryAfterSeconds()).isBetween(1, 5);
    assertThat(busy.detail()).contains("reactions.in_flight");
    assertThat(metrics.scrape())
        .contains("ovation_ingress_reactions_refused_total{reason=\"busy\"} 1.0");

    awaitBatches(1);
    confirms.get(0).complete("");
    Await.until(
        "a place",
        LIMIT,
        () -> !intake.reaction(Caller.ANONYMOUS, "s", "alice", "like", null, null).failed());
  }

  @Test
  void reactionsGiveWayBeforeComments() {
    pressed.set(true);
    assertThat(
            problem(intake.reaction(Caller.ANONYMOUS, "s", "alice", "like", null, null)).status())
        .isEqualTo(429);
    pressed.set(false);
    assertThat(intake.reaction(Caller.ANONYMOUS, "s", "alice", "like", null, null).failed())
        .isFalse();
  }

  @Test
  void withoutAConfirmNothingIsPromisedAndThePlacesAreGivenBack() {
    Future<Void> answer = intake.reaction(Caller.ANONYMOUS, "s", "alice", "like", null, null);
    awaitBatches(1);
    confirms.get(0).fail(new BrokerUnavailable("away"));
    Await.until("the answer", LIMIT, answer::isComplete);
    assertThat(problem(answer).status()).isEqualTo(503);
    assertThat(problem(answer).detail()).contains("nothing is promised");
    assertThat(metrics.scrape()).contains("ovation_ingress_reactions_in_flight 0.0");
  }

  private void awaitBatches(int count) {
    Await.until(() -> count + " batches, now " + batches, LIMIT, () -> batches.size() >= count);
  }

  private static Problem problem(Future<Void> answer) {
    assertThat(answer.failed()).isTrue();
    return ((ProblemException) answer.cause()).problem();
  }
}
