package io.ovation.queue.typed.consumer;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.queue.proto.QueueItem;
import io.ovation.queue.typed.PoisonItem;
import io.vertx.core.Future;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What authors of handlers may rely on. */
class QueueConsumerTest extends ConsumerFixture {
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
  void itemThatKeepsFailingIsDeadLetteredAfterItsAttempts() throws Exception {
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
  void poisonIsDeadLetteredAtOnceAndTheQueueGoesOn() throws Exception {
    long garbage = on(() -> broker.deliver(NORMAL, new byte[] {1, 2, 3}));
    long unknown =
        on(() -> broker.deliver(NORMAL, item("e1", "").setMethod("Fly").build().toByteArray()));
    deliver("e2", "");

    assertThat(call().errand().getId()).isEqualTo("e2");
    assertThat(broker.dead.get(garbage)).startsWith("corrupt_envelope");
    assertThat(broker.dead.get(unknown)).startsWith("unknown_method");
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
    broker.deadLetterRefusals.set(1);
    long tag = on(() -> broker.deliver(NORMAL, new byte[] {1, 2, 3}));

    until(() -> broker.dead.containsKey(tag));
  }

  @Test
  void expiredItemIsDeadLetteredWithoutAnAttempt() throws Exception {
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
}
