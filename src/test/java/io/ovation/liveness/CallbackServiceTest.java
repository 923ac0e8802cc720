package io.ovation.liveness;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.http.problem.Problem;
import io.ovation.http.problem.ProblemException;
import io.ovation.metrics.Metrics;
import io.ovation.queue.BrokerUnavailable;
import io.ovation.testkit.Await;
import io.ovation.testkit.LivenessSettings;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** One wait for all of a callback's items, within its second. */
class CallbackServiceTest {
  private static final int LIMIT = 1_000;

  private final Vertx vertx = Vertx.vertx();
  private final Map<Long, Promise<Void>> confirms = new LinkedHashMap<>();
  private final CallbackService intake =
      new CallbackService(
          vertx,
          object -> {
            confirms.put(object, Promise.promise());
            return Objects.requireNonNull(confirms.get(object)).future();
          },
          LivenessSettings.of("http://127.0.0.1:1").inFlight(LIMIT).build(),
          false,
          new Metrics());

  @AfterEach
  void close() {
    vertx.close().await();
  }

  @Test
  void twoHundredComesOnlyWhenEveryIdIsConfirmed() {
    Future<Void> answer = intake.accept(Set.of(1L, 2L, 3L));
    confirm(1);
    confirm(3);
    assertThat(answer.isComplete()).isFalse();
    confirm(2);
    assertThat(answer.succeeded()).isTrue();
  }

  @Test
  void aPartThatFailsFailsTheWhole() {
    Future<Void> answer = intake.accept(Set.of(1L, 2L));
    confirm(1);
    Objects.requireNonNull(confirms.get(2L)).fail(new BrokerUnavailable("away"));
    Problem problem = problem(answer);
    assertThat(problem.status()).isEqualTo(503);
    assertThat(problem.detail()).contains("nothing is promised");
    assertThat(problem.retryAfterSeconds()).isBetween(1, 5);
  }

  @Test
  void aQueueThatNeverConfirmsIsNotWaitedForPastTheCallersPatience() {
    long start = System.nanoTime();
    Future<Void> answer = intake.accept(Set.of(1L));
    Await.until("the refusal", Duration.ofSeconds(20), answer::isComplete);
    assertThat(problem(answer).status()).isEqualTo(503);
    assertThat(System.nanoTime() - start).isGreaterThan(Duration.ofMillis(700).toNanos());
    // A confirm that comes after all does no harm, and gives the place back.
    confirm(1);
    assertThat(intake.accept(ids(LIMIT)).isComplete()).isFalse();
  }

  @Test
  void anEmptyListIsAcceptedAtOnce() {
    assertThat(intake.accept(Set.of()).succeeded()).isTrue();
    assertThat(confirms).isEmpty();
  }

  @Test
  void pastTheBudgetNothingIsTaken() {
    intake.accept(ids(LIMIT - 1));
    Problem problem = problem(intake.accept(Set.of(-1L, -2L)));
    assertThat(problem.status()).isEqualTo(429);
    assertThat(problem.detail()).contains("liveness.in_flight", "none of this callback was taken");
    assertThat(confirms).hasSize(LIMIT - 1);
    confirm(0);
    assertThat(intake.accept(Set.of(-1L, -2L)).isComplete()).isFalse();
    assertThat(confirms).hasSize(LIMIT + 1);
  }

  private void confirm(long object) {
    Objects.requireNonNull(confirms.get(object)).complete();
  }

  private static Set<Long> ids(int count) {
    return LongStream.range(0, count).boxed().collect(Collectors.toCollection(TreeSet::new));
  }

  private static Problem problem(Future<?> answer) {
    assertThat(answer.cause()).isInstanceOf(ProblemException.class);
    return ((ProblemException) answer.cause()).problem();
  }
}
