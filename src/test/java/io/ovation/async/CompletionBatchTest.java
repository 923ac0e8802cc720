package io.ovation.async;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.testkit.FutureResult;
import io.ovation.vertx.Contexts;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class CompletionBatchTest {
  private final Vertx vertx = Vertx.vertx();
  private final CompletionBatch batch = new CompletionBatch();

  @AfterEach
  void close() {
    FutureResult.of(vertx.close());
  }

  @Test
  void anEventLoopThatHasEndedKeepsNoOtherOutcome() {
    Vertx other = Vertx.vertx();
    Promise<String> ended = Contexts.promise(other);
    FutureResult.of(other.close());
    Promise<String> next = Contexts.promise(vertx);
    batch.succeed(ended, "a");
    batch.succeed(next, "b");
    batch.flush();
    assertThat(FutureResult.of(next.future())).isEqualTo("b");
  }
}
