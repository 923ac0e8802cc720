package io.ovation.queue.rabbit.deadletters;

import com.rabbitmq.client.Connection;
import io.ovation.queue.BrokerUnavailable;
import io.ovation.queue.DeadLetter;
import io.ovation.queue.DeadLetters;
import io.ovation.queue.QueueName;
import io.ovation.queue.rabbit.ManagedConnection;
import io.ovation.queue.rabbit.Publisher;
import io.ovation.vertx.Contexts;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** One queue's dead letters, each call a {@link DeadLetterBrowser} of its own. */
public final class RabbitDeadLetters implements DeadLetters {
  private final Vertx vertx;
  private final Access access;
  private final String name;

  /**
   * What they need of their broker.
   *
   * @param thread one for all looks of this node, bounded; refuses beyond its bound
   * @param connection to look through, as long as it is open
   * @param publisher of what is sent back
   * @param timeout of its confirms
   */
  public record Access(
      Executor thread,
      Supplier<@Nullable Connection> connection,
      Publisher publisher,
      Duration timeout) {}

  /**
   * @param name of the dead letters' queue
   */
  public RabbitDeadLetters(Vertx vertx, Access access, String name) {
    this.vertx = vertx;
    this.access = access;
    this.name = name;
  }

  @Override
  public Future<Page> list(@Nullable String after, int limit) {
    int most = Math.max(1, Math.min(limit, MAX_LIMIT));
    return run(
        connection -> {
          PageLook look = new PageLook(after, most);
          long total = DeadLetterBrowser.through(connection, name, look);
          return look.page(total);
        });
  }

  /** Keeps the page behind {@code after}; ids rise with the time of death. */
  private static final class PageLook implements DeadLetterBrowser.Look {
    private final String after;
    private final int most;
    private final TreeMap<String, DeadLetter> page = new TreeMap<>();
    private boolean more;

    PageLook(@Nullable String after, int most) {
      this.after = after == null ? "" : after;
      this.most = most;
    }

    @Override
    public boolean removes(DeadLetter letter) {
      if (letter.id().compareTo(after) > 0) {
        page.put(letter.id(), letter);
        if (page.size() > most) {
          page.pollLastEntry();
          more = true;
        }
      }
      return false;
    }

    Page page(long total) {
      return new Page(List.copyOf(page.values()), total, more);
    }
  }

  @Override
  public Future<Optional<DeadLetter>> read(String id) {
    return run(
        connection -> {
          Found found = new Found(id, letter -> false);
          DeadLetterBrowser.through(connection, name, found);
          return Optional.ofNullable(found.letter);
        });
  }

  @Override
  public Future<Boolean> sendBack(String id, UnaryOperator<byte[]> change) {
    return run(
        connection -> {
          List<RuntimeException> failure = new ArrayList<>();
          Found found =
              new Found(
                  id,
                  letter -> {
                    try {
                      publish(letter, change);
                      return true;
                    } catch (RuntimeException e) {
                      failure.add(e);
                      return false;
                    }
                  });
          DeadLetterBrowser.through(connection, name, found);
          if (!failure.isEmpty()) {
            throw failure.get(0);
          }
          return found.letter != null;
        });
  }

  private void publish(DeadLetter letter, UnaryOperator<byte[]> change) {
    QueueName origin = letter.origin();
    if (origin == null) {
      throw new IllegalStateException("Nobody knows where dead letter " + letter.id() + " is from");
    }
    try {
      access
          .publisher
          .publish("", origin.text(), change.apply(letter.body()), Publisher.PERSISTENT)
          .toCompletionStage()
          .toCompletableFuture()
          .get(2 * access.timeout.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw new BrokerUnavailable("Not sent back: " + ManagedConnection.describe(e));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BrokerUnavailable("Not sent back: the server stops");
    }
  }

  @Override
  public Future<Boolean> purge(String id) {
    return run(
        connection -> {
          Found found = new Found(id, letter -> true);
          DeadLetterBrowser.through(connection, name, found);
          return found.letter != null;
        });
  }

  @Override
  public Future<Long> purgeAll() {
    return run(connection -> DeadLetterBrowser.purge(connection, name));
  }

  /** Looks for one letter, and asks whether to remove it. */
  private static final class Found implements DeadLetterBrowser.Look {
    private final String id;
    private final DeadLetterBrowser.Look remove;
    private @Nullable DeadLetter letter;

    Found(String id, DeadLetterBrowser.Look remove) {
      this.id = id;
      this.remove = remove;
    }

    @Override
    public boolean removes(DeadLetter seen) {
      if (letter != null || !seen.id().equals(id)) {
        return false;
      }
      letter = seen;
      return remove.removes(seen);
    }
  }

  private interface Task<T> {
    T run(Connection connection) throws IOException, TimeoutException;
  }

  private <T> Future<T> run(Task<T> task) {
    Promise<T> done = Contexts.promise(vertx);
    try {
      access.thread.execute(() -> run(task, done));
    } catch (RejectedExecutionException full) {
      done.fail(new BrokerUnavailable("Too many look through dead letters now. Try again later."));
    }
    return done.future();
  }

  private <T> void run(Task<T> task, Promise<T> done) {
    try {
      Connection connection = access.connection.get();
      if (connection == null) {
        throw new BrokerUnavailable("RabbitMQ is not connected now");
      }
      done.complete(task.run(connection));
    } catch (BrokerUnavailable | IllegalStateException e) {
      done.fail(e);
    } catch (IOException | TimeoutException | RuntimeException e) {
      done.fail(
          new BrokerUnavailable(
              "Can't look through " + name + ": " + ManagedConnection.describe(e)));
    }
  }
}
