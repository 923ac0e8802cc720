package io.ovation.queue.typed.consumer;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.metrics.Metrics;
import io.ovation.queue.Lane;
import io.ovation.queue.QueueName;
import io.ovation.queue.proto.QueueItem;
import io.ovation.queue.typed.ItemMetadata;
import io.ovation.queue.typed.ScriptedBroker;
import io.ovation.queue.typed.TestClock;
import io.ovation.shapes.Errand;
import io.ovation.shapes.ErrandsHandler;
import io.ovation.shapes.ErrandsQueue;
import io.ovation.testkit.Await;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** A consumer of queue errands on a scripted broker, with handlers whose calls the test answers. */
@SuppressWarnings("NullAway.Init") // consume comes first.
public abstract class ConsumerFixture {
  static final QueueName NORMAL = new QueueName("errands", Lane.NORMAL, 0);
  static final QueueName HIGH = new QueueName("errands", Lane.HIGH, 0);

  /** A call of the handler; it ends when the test completes {@code answer}. */
  public record Call(Errand errand, ItemMetadata meta, Promise<Void> answer) {}

  private final Vertx vertx = Vertx.vertx();
  private final Context context = vertx.getOrCreateContext();
  public final ScriptedBroker broker = new ScriptedBroker();
  final BlockingQueue<Call> calls = new LinkedBlockingQueue<>();
  final TestClock clock = new TestClock();
  final Metrics metrics = new Metrics();
  QueueConsumer consumer;

  /** The consumer's interceptors. */
  List<ConsumerInterceptor> interceptors() {
    return List.of();
  }

  @BeforeEach
  void consume() throws Exception {
    var handler =
        new ErrandsHandler() {
          @Override
          public Future<Void> run(Errand request, ItemMetadata meta) {
            if (request.getId().equals("throws")) {
              throw new IllegalStateException("thrown");
            }
            Promise<Void> answer = Promise.promise();
            calls.add(new Call(request, meta, answer));
            return answer.future();
          }

          @Override
          public Future<Void> haul(Errand request, ItemMetadata meta) {
            return run(request, meta);
          }

          @Override
          public Future<Void> dash(Errand request, ItemMetadata meta) {
            return run(request, meta);
          }
        };
    var options = new ConsumerOptions(2, 100, Duration.ofSeconds(5));
    consumer =
        on(
            () ->
                new QueueConsumer(
                    vertx,
                    broker,
                    List.of(ErrandsQueue.register(handler)),
                    interceptors(),
                    options,
                    clock,
                    metrics));
    on(() -> consumer.own(Set.of(0)));
  }

  @AfterEach
  void close() throws Exception {
    vertx.close().await(10, TimeUnit.SECONDS);
  }

  long deliver(String id, String key) throws Exception {
    return on(() -> broker.deliver(NORMAL, item(id, key).build().toByteArray()));
  }

  static QueueItem.Builder item(String id, String key) {
    return QueueItem.newBuilder()
        .setService("shapes.Errands")
        .setMethod("Run")
        .setPayload(Errand.newBuilder().setId(id).setKey(key).build().toByteString());
  }

  Call call() throws Exception {
    Call call = calls.poll(5, TimeUnit.SECONDS);
    assertThat(call).as("a call of the handler within 5 s").isNotNull();
    return call;
  }

  /** Runs on the consumer's context and waits. */
  <T> T on(Callable<T> action) throws Exception {
    return vertxFuture(() -> Future.succeededFuture(action.call())).await(5, TimeUnit.SECONDS);
  }

  <T> Future<T> vertxFuture(Callable<Future<T>> action) {
    Promise<T> promise = Promise.promise();
    context.runOnContext(
        v -> {
          try {
            action.call().onComplete(promise);
          } catch (Exception e) {
            promise.fail(e);
          }
        });
    return promise.future();
  }

  static void until(BooleanSupplier condition) {
    Await.until("the condition", Duration.ofSeconds(30), condition);
  }

  long deliver(QueueItem item) throws Exception {
    return on(() -> broker.deliver(NORMAL, item.toByteArray()));
  }

  static QueueItem.Builder haul(String id) {
    return item(id, "").setMethod("Haul").setId(id);
  }
}
