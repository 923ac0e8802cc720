package io.ovation.flow;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.queue.Broker;
import io.ovation.queue.Lane;
import io.ovation.queue.QueueName;
import io.ovation.testkit.Await;
import io.ovation.testkit.DispatchAndSupervise;
import io.ovation.testkit.RecordingShard;
import io.ovation.testkit.RecordingShard.Delivered;
import io.ovation.testkit.RecordingShard.Opened;
import io.ovation.testkit.RecordingShard.Replayed;
import io.ovation.wire.proto.Event;
import io.vertx.core.Future;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From the queue to the shards of one node, on the local disk. */
class CommentFlowTest {
  @TempDir Path dir;
  private EmbeddedFlow flow;
  private Broker broker;
  private DispatchAndSupervise core;

  @BeforeEach
  void start() {
    flow = new EmbeddedFlow(dir, 1_000, store -> store);
    broker = flow.broker;
    core = flow.core;
  }

  @AfterEach
  void stop() {
    flow.close();
  }

  private List<Future<String>> enqueue(String stream, int from, int to) {
    List<Future<String>> sent = new ArrayList<>();
    IntStream.range(from, to).forEach(i -> sent.add(core.enqueue(stream, "u", "c" + i)));
    return sent;
  }

  private static List<String> ids(int from, int to) {
    return IntStream.range(from, to).mapToObj(i -> "c" + i).toList();
  }

  @Test
  void commentsReachEveryShardOnceAndInOffsetOrder() {
    RecordingShard one = flow.open("s1");
    RecordingShard two = flow.open("s1");
    RecordingShard other = flow.open("s2");
    enqueue("s1", 0, 1_000).forEach(DispatchAndSupervise::await);
    one.awaitDelivered(1_000);
    two.awaitDelivered(1_000);
    assertThat(one.ids()).isEqualTo(ids(0, 1_000));
    assertThat(two.said().subList(1, 1_001)).isEqualTo(one.said().subList(1, 1_001));
    assertThat(one.all(Delivered.class))
        .extracting(Delivered::offset)
        .isSorted()
        .doesNotHaveDuplicates();
    assertThat(other.all(Delivered.class)).isEmpty();
  }

  @Test
  void whoOpensWhileCommentsFlowGetsExactlyWhatIsAboveItsOffset() {
    RecordingShard first = flow.open("s1");
    List<Future<String>> sent = enqueue("s1", 0, 300);
    List<RecordingShard> late = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      late.add(flow.open("s1"));
      sent.addAll(enqueue("s1", 300 + i * 10, 310 + i * 10));
    }
    sent.forEach(DispatchAndSupervise::await);
    first.awaitDelivered(500);
    List<Delivered> all = first.all(Delivered.class);
    long end = all.get(499).offset();
    for (RecordingShard shard : late) {
      long from = shard.all(Opened.class).get(0).offset();
      shard.await(
          s -> s.all(Delivered.class).stream().anyMatch(d -> d.offset() == end) || from >= end);
      assertThat(shard.all(Delivered.class))
          .isEqualTo(all.stream().filter(d -> d.offset() > from).toList());
    }
  }

  @Test
  void aCommentSentTwiceReachesNobodyTwice() {
    RecordingShard shard = flow.open("s1");
    core.post("s1", "u", "c0");
    core.post("s1", "u", "c0");
    core.post("s1", "other", "c0");
    core.post("s1", "u", "c1");
    shard.await(s -> s.ids().contains("c1"));
    assertThat(shard.ids()).containsExactly("c0", "c0", "c1");
  }

  @Test
  void whoReturnsIsGivenWhatItMissedAndThenTheRest() {
    RecordingShard shard = flow.open("s1");
    enqueue("s1", 0, 200).forEach(DispatchAndSupervise::await);
    shard.awaitDelivered(200);
    List<Delivered> all = shard.all(Delivered.class);
    long recent = all.get(190).offset();
    long older = all.get(9).offset();
    core.subscriptions().requestReplay("s1", recent, shard, "from the ring");
    core.subscriptions().requestReplay("s1", older, shard, "from history");
    shard.await(s -> s.all(Replayed.class).size() == 2);
    for (Replayed replayed : shard.all(Replayed.class)) {
      long since = replayed.viewer().equals("from the ring") ? recent : older;
      assertThat(replayed.replay().gap()).isNull();
      assertThat(replayed.replay().events())
          .extracting(Event::getOffset)
          .isEqualTo(all.stream().map(Delivered::offset).filter(o -> o > since).toList());
      assertThat(replayed.replay().to()).isEqualTo(all.get(199).offset());
    }
  }

  @Test
  void aNewOwnerGoesOnWhereTheOldOneStopped() {
    RecordingShard shard = flow.open("s1");
    List<Future<String>> sent = enqueue("s1", 0, 400);
    core.replaceDispatcher();
    sent.addAll(enqueue("s1", 400, 500));
    sent.forEach(DispatchAndSupervise::await);
    shard.awaitDelivered(500);
    assertThat(shard.ids()).isEqualTo(ids(0, 500));
  }

  @Test
  void poisonItemsAreSetAsideAndTheRestGoesOn() {
    RecordingShard shard = flow.open("s1");
    QueueName queue = new QueueName("comments", Lane.NORMAL, core.partition("s1"));
    DispatchAndSupervise.await(broker.publish(queue, "no item".getBytes(StandardCharsets.UTF_8)));
    DispatchAndSupervise.await(broker.publish(queue, new byte[0]));
    core.post("s1", "u", "c0");
    shard.awaitDelivered(1);
    assertThat(core.metrics().scrape()).contains("ovation_dispatch_poison_total 2.0");
  }

  @Test
  void aStreamThatNobodyWatchesCostsNoMessage() {
    RecordingShard shard = flow.open("s1");
    enqueue("elsewhere", 0, 50).forEach(DispatchAndSupervise::await);
    core.post("s1", "u", "c0");
    shard.awaitDelivered(1);
    assertThat(core.metrics().scrape()).contains("ovation_dispatch_node_messages_total 1.0");
  }

  @Test
  void aStreamIsForgottenSomeTimeAfterItsLastViewerAndCanComeBack() {
    RecordingShard shard = flow.open("s1");
    core.subscriptions().unsubscribe("s1", shard);
    RecordingShard again = flow.open("s1");
    core.post("s1", "u", "c0");
    again.awaitDelivered(1);
    assertThat(shard.all(Delivered.class)).isEmpty();
    core.subscriptions().unsubscribe("s1", again);
    Await.until(
        "the stream to be forgotten",
        Duration.ofSeconds(30),
        () -> core.metrics().scrape().contains("ovation_supervise_streams 0.0"));
    RecordingShard last = flow.open("s1");
    core.post("s1", "u", "c1");
    last.awaitDelivered(1);
    assertThat(last.ids()).containsExactly("c1");
  }
}
