package io.ovation.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ShutdownSequenceTest {
  private final List<String> stopped = new CopyOnWriteArrayList<>();
  private ShutdownSequence shutdown = new ShutdownSequence(Duration.ofMinutes(1));

  @Test
  void theNewestStopsFirstAndEachWaitsForTheOneBefore() throws Exception {
    Promise<Void> slow = Promise.promise();
    part("front", Future.succeededFuture());
    part("role", slow.future());
    Future<Void> done = shutdown.stop();
    assertThat(stopped).containsExactly("role");
    slow.complete();
    finish(done);
    assertThat(stopped).containsExactly("role", "front");
  }

  @Test
  void onePartThatHangsOrFailsOrThrowsHoldsNobodyUp() throws Exception {
    shutdown = new ShutdownSequence(Duration.ofMillis(100));
    part("front", Future.succeededFuture());
    part("fails", Future.failedFuture("broken"));
    shutdown.add(
        "throws",
        () -> {
          throw new IllegalStateException("broken");
        });
    part("hangs", Promise.promise().future());
    finish(shutdown.stop());
    assertThat(stopped).containsExactly("hangs", "fails", "front");
  }

  @Test
  void whatComesUpWhileStoppingIsStoppedAtOnce() throws Exception {
    finish(shutdown.stop());
    part("late", Future.succeededFuture());
    assertThat(stopped).containsExactly("late");
    assertThat(shutdown.stopping()).isTrue();
  }

  @Test
  void stoppingTwiceStopsOnce() throws Exception {
    part("front", Future.succeededFuture());
    finish(shutdown.stop());
    finish(shutdown.stop());
    assertThat(stopped).containsExactly("front");
  }

  private void part(String name, Future<?> stop) {
    shutdown.add(
        name,
        () -> {
          stopped.add(name);
          return stop;
        });
  }

  private static void finish(Future<?> future) throws Exception {
    future.toCompletionStage().toCompletableFuture().get(5, TimeUnit.SECONDS);
  }
}
