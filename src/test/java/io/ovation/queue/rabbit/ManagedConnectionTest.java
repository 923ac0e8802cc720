package io.ovation.queue.rabbit;

import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.Address;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.ShutdownListener;
import com.rabbitmq.client.ShutdownSignalException;
import io.ovation.async.Backoff;
import io.ovation.config.Config;
import io.ovation.testkit.Await;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What uses a connection may throw whatever it likes: the next attempt follows. */
class ManagedConnectionTest {
  private static final Duration LIMIT = Duration.ofSeconds(20);

  private final AtomicInteger ups = new AtomicInteger();
  private final AtomicInteger downs = new AtomicInteger();
  private final List<Throwable> gaveUp = new CopyOnWriteArrayList<>();
  private final List<ShutdownListener> open = new CopyOnWriteArrayList<>();

  private final ManagedConnection connection =
      new ManagedConnection(
          "test",
          new ConnectionFactory() {
            @Override
            public Connection newConnection(List<Address> addresses, String name) {
              return fake();
            }
          },
          config(),
          new Backoff(Duration.ofMillis(1), 1, Duration.ofMillis(1), 0),
          new ManagedConnection.Listener() {
            @Override
            public void up(Connection opened) {
              if (ups.incrementAndGet() == 1) {
                throw new StackOverflowError("on purpose");
              }
            }

            @Override
            public void down() {
              downs.incrementAndGet();
              throw new IllegalStateException("on purpose");
            }
          },
          () -> {},
          gaveUp::add);

  private Connection fake() {
    return RecordingChannel.proxy(
        Connection.class,
        (proxy, method, arguments) -> {
          if (method.getName().equals("addShutdownListener")) {
            open.add((ShutdownListener) arguments[0]);
          }
          return method.getName().equals("isOpen") ? true : null;
        });
  }

  private static Config.Rabbitmq config() {
    return new Config.Rabbitmq(
        "amqp://localhost",
        Duration.ofSeconds(3),
        Duration.ofSeconds(5),
        100,
        Duration.ofMillis(1),
        Duration.ofMillis(1),
        Duration.ofHours(1));
  }

  @AfterEach
  void close() {
    connection.close();
    open.forEach(listener -> listener.shutdownCompleted(lost()));
  }

  private static ShutdownSignalException lost() {
    return new ShutdownSignalException(true, false, null, null);
  }

  /** The client's exception has no message. */
  @Test
  void whatDoesNotAnswerIsSaidToTimeOut() {
    assertThat(AmqpErrors.describe(new TimeoutException())).startsWith("timed out");
  }

  @Test
  void neitherAnErrorNorAListenerThatThrowsEndsTheReconnecting() {
    connection.start();
    Await.until("the second attempt", LIMIT, () -> connection.connection() != null);
    assertThat(ups).hasValue(2);
    open.get(1).shutdownCompleted(lost());
    Await.until("another connection", LIMIT, () -> ups.get() == 3 && downs.get() == 2);
    assertThat(gaveUp).isEmpty();
  }
}
