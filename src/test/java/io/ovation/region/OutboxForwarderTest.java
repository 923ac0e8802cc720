package io.ovation.region;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.InvalidProtocolBufferException;
import io.ovation.live.proto.ForwardedEvent;
import io.ovation.live.proto.ForwardedEvents;
import io.ovation.live.proto.ForwardedStates;
import io.ovation.live.proto.OutboxItem;
import io.ovation.live.proto.StreamTotals;
import io.ovation.metrics.Metrics;
import io.ovation.queue.QueueName;
import io.ovation.queue.proto.QueueItem;
import io.ovation.queue.typed.ScriptedBroker;
import io.ovation.testkit.VirtualVertx;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is carried over when, and what failures of the link do to order and acks. */
class OutboxForwarderTest {
  private static final QueueName OUTBOX = QueueName.outbox("b", 0);

  private final VirtualVertx time = new VirtualVertx();
  private final ScriptedBroker broker = new ScriptedBroker();
  private final Metrics metrics = new Metrics();
  private final List<Sent> sent = new ArrayList<>();
  private Future<Integer> partitions = Future.succeededFuture(1);
  private final RegionLink link =
      new RegionLink(
          "b", () -> partitions, this::publish, () -> true, Future::succeededFuture, metrics);
  private final OutboxForwarder forwarder =
      new OutboxForwarder(time.vertx(), broker, link, OUTBOX, () -> Instant.ofEpochMilli(10_000));

  private record Sent(QueueName to, byte[] item, Promise<Void> confirm) {
    List<Long> offsets() {
      try {
        ForwardedEvents events = ForwardedEvents.parseFrom(QueueItem.parseFrom(item).getPayload());
        return events.getEventsList().stream().map(ForwardedEvent::getOffset).toList();
      } catch (InvalidProtocolBufferException e) {
        throw new AssertionError(e);
      }
    }
  }

  private Future<Void> publish(QueueName to, byte[] item, Duration ttl) {
    Promise<Void> confirm = Promise.promise();
    sent.add(new Sent(to, item, confirm));
    return confirm.future();
  }

  private long deliver(long first, String... streams) {
    OutboxItem.Builder item =
        OutboxItem.newBuilder().setRegion("a").setEpoch(4).setFirst(first).setPutAtMs(7_000);
    for (String stream : streams) {
      item.addEvents(ForwardedEvent.newBuilder().setStream(stream).setOffset(++first));
    }
    return broker.deliver(OUTBOX, item.build().toByteArray());
  }

  @Test
  void anItemIsAckedWhenTheRegionHasConfirmedIt() {
    long tag = deliver(0, "s");
    assertThat(broker.acked).isEmpty();
    sent.get(0).confirm().complete();
    assertThat(broker.acked).isEmpty();
    time.pass(250);
    assertThat(broker.acked).containsExactly(tag);
    assertThat(sent.get(0).to().text()).isEqualTo("ovation.comments.normal.0");
    assertThat(metrics.scrape())
        .contains(
            "ovation_region_forwarded_total{region=\"b\"} 1.0",
            "ovation_region_forward_seconds_sum{region=\"b\"} 3.0");
  }

  @Test
  void whatIsNotConfirmedIsSentAgainBeforeAnythingAfterIt() {
    deliver(0, "s");
    long second = deliver(1, "s");
    assertThat(sent).hasSize(1);
    sent.get(0).confirm().fail("nack");
    assertThat(broker.acked).isEmpty();
    time.pass(100);
    assertThat(sent).hasSize(2);
    assertThat(sent.get(1).offsets()).containsExactly(1L);
    sent.get(1).confirm().complete();
    assertThat(sent.get(2).offsets()).containsExactly(2L);
    sent.get(2).confirm().complete();
    time.pass(250);
    assertThat(broker.acked).endsWith(second);
  }

  @Test
  void whatGathersDuringAConfirmSharesAnItem() {
    deliver(0, "s");
    deliver(1, "s");
    deliver(2, "s", "t");
    sent.get(0).confirm().complete();
    assertThat(sent.get(1).offsets()).containsExactly(2L, 3L, 4L);
  }

  @Test
  void aGroupIsNoLargerThanTheOtherRegionCanTakeInAtOnce() {
    deliver(0, "s");
    String[] many = new String[300];
    Arrays.fill(many, "s");
    deliver(1, many);
    deliver(301, many);
    sent.get(0).confirm().complete();
    assertThat(sent.get(1).offsets()).hasSize(300);
    sent.get(1).confirm().complete();
    assertThat(sent.get(2).offsets()).hasSize(300);
  }

  @Test
  void eachPartitionOfTheOtherRegionGetsItsOwnStreams() {
    partitions = Future.succeededFuture(2);
    deliver(0, "a", "b", "c", "d", "e");
    assertThat(sent).hasSize(2);
    sent.get(0).confirm().complete();
    time.pass(250);
    assertThat(broker.acked).isEmpty();
    sent.get(1).confirm().complete();
    time.pass(250);
    assertThat(broker.acked).hasSize(1);
  }

  @Test
  void ofTwoPartitionsBothGetTheGroupAgainIfOneRefusedIt() {
    partitions = Future.succeededFuture(2);
    deliver(0, "a", "b", "c", "d", "e");
    long last = deliver(5, "a", "b");
    sent.get(0).confirm().complete();
    sent.get(1).confirm().fail("nack");
    time.pass(100);
    assertThat(sent).hasSize(4);
    for (int i = 0; i < 2; i++) {
      assertThat(sent.get(2 + i).to()).isEqualTo(sent.get(i).to());
      assertThat(sent.get(2 + i).item()).isEqualTo(sent.get(i).item());
    }
    sent.get(2).confirm().complete();
    time.pass(250);
    assertThat(broker.acked).isEmpty();
    assertThat(sent).as("nothing overtakes it").hasSize(4);
    sent.get(3).confirm().complete();
    assertThat(sent.get(4).offsets()).isSubsetOf(6L, 7L);
    sent.subList(4, sent.size()).forEach(one -> one.confirm().complete());
    time.pass(250);
    assertThat(broker.acked).endsWith(last);
    assertThat(metrics.scrape()).contains("ovation_region_forwarded_total{region=\"b\"} 7.0");
  }

  @Test
  void anUnreachableRegionIsAskedAgainUntilItAnswers() {
    partitions = Future.failedFuture("away");
    deliver(0, "s");
    time.pass(20_000);
    assertThat(sent).isEmpty();
    partitions = Future.succeededFuture(1);
    time.pass(4_000);
    assertThat(sent).hasSize(1);
  }

  @Test
  void afterARedeliveryOldConfirmsCountForNothing() {
    deliver(0, "s");
    broker.reset(OUTBOX);
    long again = deliver(0, "s");
    sent.get(0).confirm().complete();
    time.pass(250);
    assertThat(broker.acked).isEmpty();
    sent.get(1).confirm().complete();
    time.pass(250);
    assertThat(broker.acked).containsExactly(again);
  }

  @Test
  void confirmedItemsShareAnAckUntilThereAreMany() {
    for (int i = 0; i < 24; i++) {
      deliver(i, "s");
      sent.get(i).confirm().complete();
    }
    assertThat(broker.acked).isEmpty();
    long last = deliver(24, "s");
    sent.get(24).confirm().complete();
    assertThat(broker.acked).as("the prefetch must not run out").containsExactly(last);
  }

  @Test
  void whatIsConfirmedIsAckedBeforeAnotherForwarderConsumes() {
    long tag = deliver(0, "s");
    deliver(1, "s");
    sent.get(0).confirm().complete();
    forwarder.close();
    assertThat(broker.acked).containsExactly(tag);
  }

  @Test
  void anAckThatWaitedIsNotSentAfterARedelivery() {
    deliver(0, "s");
    sent.get(0).confirm().complete();
    broker.reset(OUTBOX);
    deliver(0, "s");
    time.pass(1_000);
    assertThat(broker.acked).isEmpty();
  }

  @Test
  void anItemThatCanNotBeReadIsDeadLetteredInItsPlace() {
    deliver(0, "s");
    deliver(1, "s");
    broker.deadLetterRefusals.set(1);
    long bad = broker.deliver(OUTBOX, new byte[] {1, 2, 3});
    long last = deliver(2, "s");
    sent.get(0).confirm().complete();
    assertThat(sent.get(1).offsets()).containsExactly(2L);
    sent.get(1).confirm().complete();
    // Nothing after it is acked before it is safe.
    assertThat(sent).hasSize(2);
    assertThat(broker.acked).isEmpty();
    time.pass(100);
    assertThat(broker.dead).containsOnlyKeys(bad);
    assertThat(broker.dead.get(bad)).startsWith("not an item of an outbox: ");
    sent.get(2).confirm().complete();
    time.pass(250);
    assertThat(broker.acked).containsExactly(last);
    assertThat(metrics.scrape()).contains("ovation_region_poison_total{region=\"b\"} 1.0");
  }

  @Test
  void ofTotalsOnlyTheNewestGoAndOnTheQueueOfReactions() throws Exception {
    deliver(0, "s");
    for (long likes = 1; likes <= 3; likes++) {
      StreamTotals totals =
          StreamTotals.newBuilder().setStream("s").putTotals("like", likes).build();
      OutboxItem item = OutboxItem.newBuilder().setRegion("a").addTotals(totals).build();
      broker.deliver(OUTBOX, item.toByteArray());
    }
    sent.get(0).confirm().complete();
    assertThat(sent).hasSize(2);
    assertThat(sent.get(1).to().text()).isEqualTo("ovation.reactions.normal.0");
    ForwardedStates states =
        ForwardedStates.parseFrom(QueueItem.parseFrom(sent.get(1).item()).getPayload());
    assertThat(states.getRegion()).isEqualTo("a");
    assertThat(states.getTotalsList()).hasSize(1);
    assertThat(states.getTotals(0).getTotalsMap()).containsEntry("like", 3L);
  }

  @Test
  void whatTheOutboxDroppedIsCounted() {
    deliver(0, "s");
    deliver(5, "s");
    assertThat(metrics.scrape()).contains("ovation_region_dropped_total{region=\"b\"} 4.0");
  }

  @Test
  void lagIsTheAgeOfTheOldestItem() {
    assertThat(forwarder.lagMs()).isZero();
    deliver(0, "s");
    assertThat(forwarder.lagMs()).isEqualTo(3_000);
    sent.get(0).confirm().complete();
    assertThat(forwarder.lagMs()).isZero();
  }
}
