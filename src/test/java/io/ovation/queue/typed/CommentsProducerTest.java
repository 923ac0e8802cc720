package io.ovation.queue.typed;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.live.proto.CommentRequest;
import io.ovation.live.proto.CommentsProducer;
import io.ovation.live.proto.CommentsQueue;
import io.ovation.metrics.Metrics;
import io.ovation.queue.BrokerUnavailable;
import io.ovation.queue.Lane;
import io.ovation.queue.Partitions;
import io.ovation.queue.QueueName;
import io.ovation.queue.proto.QueueItem;
import io.ovation.queue.typed.producer.QueueProducer;
import io.vertx.core.Future;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The producer that the build generates from the product's own comments.proto. */
class CommentsProducerTest {
  private static final Instant NOW = Instant.parse("2026-01-02T03:04:05Z");
  private static final CommentRequest HELLO =
      CommentRequest.newBuilder().setStream("s1").setUser("bob").setText("hello").build();

  private final ScriptedBroker broker = new ScriptedBroker();
  private final Partitions partitions = new Partitions(16);
  private final Metrics metrics = new Metrics();
  private final CommentsProducer producer =
      new CommentsProducer(broker, partitions, InstantSource.fixed(NOW), metrics);

  @Test
  void itemCarriesServiceMethodPayloadIdKeyAndTime() throws Exception {
    CommentRequest request = HELLO.toBuilder().setId("c-1").build();

    Future<String> id = producer.enqueueComment(request);

    assertThat(id.result()).isEqualTo("c-1");
    assertThat(broker.published).hasSize(1);
    assertThat(QueueItem.parseFrom(broker.published.get(0).item()))
        .isEqualTo(
            QueueItem.newBuilder()
                .setService("ovation.live.Comments")
                .setMethod("Comment")
                .setPayload(request.toByteString())
                .setId("c-1")
                .setKey("s1")
                .setCreatedAtMs(NOW.toEpochMilli())
                .build());
  }

  @Test
  void keyChoosesThePartition() {
    producer.enqueueComment(HELLO);

    assertThat(broker.published.get(0).to())
        .isEqualTo(new QueueName("comments", Lane.NORMAL, partitions.of("s1")));
  }

  @Test
  void requestWithoutIdGetsARandomOne() {
    Set<String> ids = new HashSet<>();
    for (int i = 0; i < 100; i++) {
      ids.add(producer.enqueueComment(HELLO).result());
    }

    assertThat(ids).hasSize(100).doesNotContain("");
    assertThat(CommentsQueue.decode(broker.published.get(7).item()).meta().id()).isIn(ids);
  }

  @Test
  void optionsOfTheCallOverrideTheRequest() {
    EnqueueOptions options = EnqueueOptions.none().withId("other").withHeader("trace", "t1");

    assertThat(producer.enqueueComment(HELLO, options).result()).isEqualTo("other");

    ItemMetadata meta = CommentsQueue.decode(broker.published.get(0).item()).meta();
    assertThat(meta.id()).isEqualTo("other");
    assertThat(meta.headers()).containsEntry("trace", "t1");
  }

  @Test
  void itemsWithoutKeyAreSpreadOverThePartitions() {
    Set<Integer> seen = new HashSet<>();
    for (int i = 0; i < partitions.count(); i++) {
      producer.enqueueComment(CommentRequest.getDefaultInstance());
    }
    broker.published.forEach(published -> seen.add(published.to().partition()));

    assertThat(seen).hasSize(partitions.count());
  }

  @Test
  void laneThatTheQueueDoesNotHaveIsRefused() {
    Future<String> refused =
        producer.enqueueComment(HELLO, EnqueueOptions.none().withLane(Lane.HIGH));

    assertThat(refused.cause())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("high");
    assertThat(broker.published).isEmpty();
  }

  @Test
  void enqueuesAreCountedByMethod() {
    broker.answers.add(Future.failedFuture(new BrokerUnavailable("no confirm")));
    producer.enqueueComment(HELLO);
    producer.enqueueComment(HELLO);
    producer.enqueueComment(HELLO);

    String labels = "{method=\"Comment\",queue=\"comments\",service=\"ovation.live.Comments\"}";
    assertThat(metrics.scrape())
        .contains("ovation_queue_enqueue_seconds_count" + labels + " 2")
        .contains("ovation_queue_enqueue_failed_total" + labels + " 1");
  }

  @Test
  void methodOfAnotherContractIsRefused() {
    QueueProducer other =
        new QueueProducer(
            broker,
            io.ovation.shapes.ErrandsQueue.contract(),
            partitions,
            InstantSource.fixed(NOW),
            new Metrics(),
            List.of());

    assertThat(other.enqueue(CommentsQueue.COMMENT, HELLO, EnqueueOptions.none()).cause())
        .hasMessageContaining("ovation.live.Comments/Comment is not of shapes.Errands");
    assertThat(broker.published).isEmpty();
  }

  @Test
  void brokersFailureReachesTheCaller() {
    broker.answers.add(Future.failedFuture(new BrokerUnavailable("no confirm")));

    assertThat(producer.enqueueComment(HELLO).cause()).isInstanceOf(BrokerUnavailable.class);
  }
}
