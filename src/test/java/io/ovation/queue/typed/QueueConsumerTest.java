package io.ovation.queue.typed;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.metrics.Metrics;
import io.ovation.queue.Lane;
import io.ovation.queue.QueueName;
import io.ovation.queue.proto.QueueItem;
import io.ovation.shapes.Errand;
import io.ovation.shapes.ErrandsHandler;
import io.ovation.shapes.ErrandsQueue;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a handler's author may rely on. */
class QueueConsumerTest {
  private static final QueueName NORMAL = new QueueName("errands", Lane.NORMAL, 0);
  private static final QueueName HIGH = new QueueName("errands", Lane.HIGH, 0);

  /** A call of the handler that waits for the test's answer. */
  private record Call(Errand errand, Meta meta, Promise<Void> answer) {}

  private final Vertx vertx = Vertx.vertx();
  private final Context context = vertx.getOrCreateContext();
  private final HandBroker broker = new HandBroker();
  private final BlockingQueue<Call> calls = new LinkedBlockingQueue<>();
  private QueueConsumer consumer;

  @BeforeEach
  void consume() throws Exception {
    var handler =
        new ErrandsHandler() {
          @Override
          public Future<Void> run(Errand request, Meta meta) {
            if (request.getId().equals("throws")) {
              throw new IllegalStateException("thrown");
            }
            Promise<Void> answer = Promise.promise();
            calls.add(new Call(request, meta, answer));
            return answer.future();
          }

          @Override
          public Future<Void> dash(Errand request, Meta meta) {
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
                    ErrandsQueue.register(handler),
                    options,
                    InstantSource.system(),
                    new Metrics()));
    on(() -> consumer.own(Set.of(0)));
  }

  @AfterEach
  void close() throws Exception {
    vertx.close().await(10, TimeUnit.SECONDS);
  }

  @Test
  void everyLaneOfAnOwnedPartitionIsConsumed() throws Exception {
    assertThat(broker.consumed()).containsExactlyInAnyOrder(NORMAL, HIGH);

    on(() -> consumer.own(Set.of(1)));

    assertThat(broker.closed).containsExactlyInAnyOrder(NORMAL, HIGH);
    assertThat(broker.consumed()).allMatch(name -> name.partition() == 1).hasSize(2);
  }

  @Test
  void itemIsAckedOnlyAfterItsHandlerSucceeded() throws Exception {
    long tag = deliver("e1", "");
    Call call = call();

    assertThat(call.meta().id()).isEqualTo("e1");
    assertThat(broker.acked).isEmpty();

    call.answer().complete();
    until(() -> broker.acked.contains(tag));
  }

  @Test
  void noMoreHandlersRunThanAllowed() throws Exception {
    for (int i = 0; i < 5; i++) {
      deliver("e" + i, "");
    }
    Call first = call();
    call();
    on(() -> null);
    assertThat(calls).isEmpty();

    first.answer().complete();
    assertThat(call().errand().getId()).isEqualTo("e2");
  }

  @Test
  void itemsOfOneKeyRunOneByOneInOrderEvenWhenOneIsTriedAgain() throws Exception {
    deliver("a1", "a");
    deliver("a2", "a");
    Call first = call();
    on(() -> null);
    assertThat(calls).isEmpty();

    first.answer().fail("not yet");
    Call again = call();
    assertThat(again.errand().getId()).isEqualTo("a1");
    assertThat(again.meta().attempt()).isEqualTo(1);
    again.answer().complete();
    assertThat(call().errand().getId()).isEqualTo("a2");
  }

  @Test
  void itemThatKeepsFailingIsDeadAfterItsAttempts() throws Exception {
    long tag = deliver("e1", "");
    for (int attempt = 0; attempt < 3; attempt++) {
      Call call = call();
      assertThat(call.meta().attempt()).isEqualTo(attempt);
      call.answer().fail("no luck");
    }

    until(() -> broker.dead.containsKey(tag));
    assertThat(broker.dead.get(tag)).contains("failed 3 times").contains("no luck");
    assertThat(broker.acked).isEmpty();
  }

  @Test
  void handlerThatThrowsCountsAsFailed() throws Exception {
    long tag = deliver("throws", "");

    until(() -> broker.dead.containsKey(tag));
    assertThat(broker.dead.get(tag)).contains("thrown");
  }

  @Test
  void handlerThatTakesTooLongCountsAsFailed() throws Exception {
    QueueItem dash = item("e1", "").setMethod("Dash").build();
    on(() -> broker.deliver(NORMAL, dash.toByteArray()));
    call();

    Call second = call();
    assertThat(second.meta().attempt()).isEqualTo(1);
  }

  @Test
  void poisonIsDeadAtOnceAndTheQueueGoesOn() throws Exception {
    long garbage = on(() -> broker.deliver(NORMAL, new byte[] {1, 2, 3}));
    long stranger =
        on(() -> broker.deliver(NORMAL, item("e1", "").setMethod("Fly").build().toByteArray()));
    deliver("e2", "");

    assertThat(call().errand().getId()).isEqualTo("e2");
    assertThat(broker.dead.get(garbage)).startsWith("corrupt_envelope");
    assertThat(broker.dead.get(stranger)).startsWith("unknown_method");
  }

  @Test
  void handlerMayCallAnItemPoison() throws Exception {
    long tag = deliver("e1", "");
    call().answer().fail(new PoisonItem(PoisonItem.Reason.BAD_PAYLOAD, "no such user"));

    until(() -> broker.dead.containsKey(tag));
    assertThat(broker.dead).containsEntry(tag, "bad_payload: no such user");
  }

  @Test
  void deadLetterThatTheBrokerRefusesIsTriedAgain() throws Exception {
    broker.refuseDead.set(1);
    long tag = on(() -> broker.deliver(NORMAL, new byte[] {1, 2, 3}));

    until(() -> broker.dead.containsKey(tag));
  }

  @Test
  void itemPastItsTimeIsDeadWithoutARun() throws Exception {
    QueueItem old = item("e1", "").setCreatedAtMs(System.currentTimeMillis() - 120_000).build();
    long tag = on(() -> broker.deliver(NORMAL, old.toByteArray()));

    until(() -> broker.dead.containsKey(tag));
    assertThat(broker.dead.get(tag)).startsWith("expired");
    assertThat(calls).isEmpty();
  }

  @Test
  void itemWaitsForItsTime() throws Exception {
    long due = System.currentTimeMillis() + 100;
    QueueItem later = item("e1", "").setNotBeforeMs(due).build();
    on(() -> broker.deliver(NORMAL, later.toByteArray()));

    call();
    assertThat(System.currentTimeMillis()).isGreaterThanOrEqualTo(due - 1);
  }

  @Test
  void highOvertakesNormalButNormalIsServedToo() throws Exception {
    deliver("a", "");
    deliver("b", "");
    Call a = call();
    call();
    for (int i = 0; i < 10; i++) {
      deliver("n" + i, "");
      on(() -> broker.deliver(HIGH, item("h", "").build().toByteArray()));
    }
    int normals = 0;
    Call last = a;
    for (int i = 0; i < 9; i++) {
      last.answer().complete();
      last = call();
      normals += last.errand().getId().equals("h") ? 0 : 1;
    }

    assertThat(normals).isEqualTo(3);
  }

  @Test
  void lostConnectionsItemsAreDroppedAndRunWhenTheyComeAgain() throws Exception {
    long old = deliver("a1", "a");
    Call running = call();
    deliver("a2", "a");
    on(
        () -> {
          broker.reset(NORMAL);
          return null;
        });
    long again = deliver("a1", "a");
    running.answer().complete();

    Call rerun = call();
    assertThat(rerun.errand().getId()).isEqualTo("a1");
    rerun.answer().complete();
    until(() -> broker.acked.contains(again));
    assertThat(broker.acked).doesNotContain(old);
    assertThat(calls).isEmpty();
  }

  @Test
  void stopWaitsForRunningHandlersAndAcksThem() throws Exception {
    long tag = deliver("e1", "");
    Call call = call();
    Future<Void> stopped = vertxFuture(() -> consumer.stop());
    deliver("e2", "");
    assertThat(stopped.isComplete()).isFalse();

    call.answer().complete();
    stopped.await(5, TimeUnit.SECONDS);

    assertThat(broker.acked).containsExactly(tag);
    assertThat(broker.closed).containsExactlyInAnyOrder(NORMAL, HIGH);
    assertThat(calls).isEmpty();
  }

  private long deliver(String id, String key) throws Exception {
    return on(() -> broker.deliver(NORMAL, item(id, key).build().toByteArray()));
  }

  private static QueueItem.Builder item(String id, String key) {
    return QueueItem.newBuilder()
        .setService("shapes.Errands")
        .setMethod("Run")
        .setPayload(Errand.newBuilder().setId(id).setKey(key).build().toByteString());
  }

  private Call call() throws Exception {
    Call call = calls.poll(5, TimeUnit.SECONDS);
    assertThat(call).as("a call of the handler within 5 s").isNotNull();
    return call;
  }

  /** Runs on the consumer's context and waits. */
  private <T> T on(Callable<T> action) throws Exception {
    return vertxFuture(() -> Future.succeededFuture(action.call())).await(5, TimeUnit.SECONDS);
  }

  private <T> Future<T> vertxFuture(Callable<Future<T>> action) {
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

  private static void until(BooleanSupplier condition) {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(5);
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("5 s are over").isLessThan(end);
      LockSupport.parkNanos(1_000_000);
    }
  }
}
