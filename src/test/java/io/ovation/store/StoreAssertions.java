package io.ovation.store;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.ovation.store.Store.Append;
import io.ovation.store.Store.Appended;
import io.ovation.store.Store.History;
import io.ovation.store.Store.Kept;
import io.ovation.testkit.Await;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;

/** Short words for the tests of a store. */
public final class StoreAssertions {
  private static final long PATIENCE_S = 20;

  private StoreAssertions() {}

  public static Append item(String stream, String user, String id, long proposed) {
    String body = "{\"stream\":\"" + stream + "\",\"id\":\"" + id + "\",\"offset\":";
    return new Append(stream, user, id, proposed, body.getBytes(UTF_8));
  }

  public static long lastOffset(Store store, int partition, String stream) {
    return await(store.lastOffset(partition, stream));
  }

  public static List<Long> offsets(List<Appended> answers) {
    return answers.stream().map(Appended::offset).toList();
  }

  public static List<Long> offsets(History history) {
    return history.entries().stream().map(Kept::offset).toList();
  }

  /** Blocks until it is there, bounded. */
  public static <T> T await(Future<T> future) {
    try {
      return future.toCompletionStage().toCompletableFuture().get(PATIENCE_S, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof RuntimeException cause
          ? cause
          : new CompletionException(e.getCause());
    } catch (TimeoutException | InterruptedException e) {
      throw new AssertionError("no answer within " + PATIENCE_S + " s", e);
    }
  }

  public static Throwable failure(Future<?> future) {
    try {
      Object answer = await(future);
      throw new AssertionError("should have failed, but answered " + answer);
    } catch (RuntimeException e) {
      return e;
    }
  }

  public static void eventually(BooleanSupplier condition) {
    Await.until("the condition", Duration.ofSeconds(PATIENCE_S), condition);
  }
}
