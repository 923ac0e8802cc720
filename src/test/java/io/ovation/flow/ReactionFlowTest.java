package io.ovation.flow;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.live.proto.ReactionBatch;
import io.ovation.live.proto.StreamReactions;
import io.ovation.queue.Broker;
import io.ovation.queue.Lane;
import io.ovation.queue.QueueName;
import io.ovation.testkit.Await;
import io.ovation.testkit.DispatchAndSupervise;
import io.ovation.testkit.RecordingShard;
import io.ovation.testkit.RecordingShard.Told;
import io.ovation.wire.proto.StateUpdate;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reactions from the queue to the shards of one node, on the local disk. */
class ReactionFlowTest {
  private static final Duration LIMIT = Duration.ofSeconds(20);
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

  private static ReactionBatch batch(String source, long number, String stream, long likes) {
    return ReactionBatch.newBuilder()
        .setSource(source)
        .setNumber(number)
        .addStreams(StreamReactions.newBuilder().setStream(stream).putCounts("like", likes))
        .build();
  }

  private static List<JsonObject> told(RecordingShard shard) {
    return shard.all(Told.class).stream()
        .map(Told::state)
        .filter(state -> state.getKind() == StateUpdate.Kind.REACTIONS)
        .map(state -> new JsonObject(state.getJson().toStringUtf8()))
        .toList();
  }

  private static void awaitTotal(RecordingShard shard, long likes) {
    shard.await(s -> told(s).stream().anyMatch(m -> likes(m, "totals") == likes));
  }

  private static long likes(JsonObject message, String field) {
    return message.getJsonObject(field).getLong("like", 0L);
  }

  @Test
  void batchesOfOneWindowAreToldAsOne() {
    RecordingShard shard = flow.open("s");
    RecordingShard other = flow.open("t");
    for (int i = 1; i <= 50; i++) {
      core.react(batch("node-a", i, "s", 2));
      core.react(batch("node-b", i, "s", 1));
    }
    awaitTotal(shard, 150);
    List<JsonObject> told = told(shard);
    assertThat(told.stream().mapToLong(m -> likes(m, "counts")).sum()).isEqualTo(150);
    assertThat(told).extracting(m -> likes(m, "totals")).isSorted();
    assertThat(told.get(0).fieldNames()).containsExactly("type", "stream", "counts", "totals");
    assertThat(told).hasSizeLessThan(50);
    assertThat(told(other)).isEmpty();
  }

  @Test
  void aBatchThatComesAgainCountsOnce() {
    RecordingShard shard = flow.open("s");
    core.react(batch("node", 1, "s", 5));
    core.react(batch("node", 1, "s", 5));
    awaitTotal(shard, 5);
    core.react(batch("node", 1, "s", 5));
    core.react(batch("node", 2, "s", 1));
    awaitTotal(shard, 6);
    assertThat(told(shard).stream().mapToLong(m -> likes(m, "counts")).sum()).isEqualTo(6);
  }

  @Test
  void whoComesLaterIsToldTheTotalsAndNothingNew() {
    core.react(batch("node", 1, "s", 5));
    RecordingShard first = flow.open("s");
    awaitTotal(first, 5);
    core.react(batch("node", 2, "s", 2));
    awaitTotal(first, 7);
    RecordingShard second = flow.open("s");
    second.await(s -> !told(s).isEmpty());
    StateUpdate newest = second.all(Told.class).get(0).state();
    JsonObject snapshot = new JsonObject(newest.getSnapshot().toStringUtf8());
    assertThat(snapshot.getJsonObject("counts")).isEmpty();
    assertThat(likes(snapshot, "totals")).isEqualTo(7);
  }

  @Test
  void anotherOwnerGoesOnWhereTheFirstEnded() {
    RecordingShard shard = flow.open("s");
    core.react(batch("node", 1, "s", 5));
    awaitTotal(shard, 5);
    core.replaceDispatcher();
    core.react(batch("node", 1, "s", 5));
    core.react(batch("node", 2, "s", 4));
    awaitTotal(shard, 9);
  }

  @Test
  void whatCannotBeCountedLiesWithTheDeadLettersAndTheRestGoesOn() {
    RecordingShard shard = flow.open("s");
    QueueName queue = new QueueName("reactions", Lane.NORMAL, core.partition("s"));
    DispatchAndSupervise.await(broker.publish(queue, "rubbish".getBytes(StandardCharsets.UTF_8)));
    core.react(batch("a b", 1, "s", 100));
    core.react(batch("node", 1, "s", 3));
    awaitTotal(shard, 3);
    Await.until(
        "two dead letters",
        LIMIT,
        () ->
            DispatchAndSupervise.await(broker.deadLetters("reactions").list(null, 10))
                    .letters()
                    .size()
                == 2);
    assertThat(DispatchAndSupervise.await(broker.deadLetters("reactions").list(null, 10)).letters())
        .anyMatch(letter -> letter.toString().contains("source must be"));
  }
}
