package io.ovation.dispatch.reactions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ovation.live.proto.ReactionBatch;
import io.ovation.live.proto.StreamReactions;
import io.ovation.queue.Partitions;
import io.ovation.queue.typed.PoisonItem;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

class ReactionDecoderTest {
  private final Partitions partitions = new Partitions(4);
  private final ReactionDecoder decoder = new ReactionDecoder(partitions, partitions.of("s"));

  private static StreamReactions reactions(String stream, String kind, long count) {
    return StreamReactions.newBuilder().setStream(stream).putCounts(kind, count).build();
  }

  private static ReactionBatch item(UnaryOperator<ReactionBatch.Builder> change) {
    ReactionBatch.Builder batch =
        ReactionBatch.newBuilder()
            .setSource("node-1")
            .setNumber(7)
            .addStreams(reactions("s", "like", 3));
    return change.apply(batch).build();
  }

  @Test
  void aBatchIsReadWithItsIdentity() {
    var batch = decoder.decode(item(b -> b));
    assertThat(batch.source()).isEqualTo("node-1");
    assertThat(batch.number()).isEqualTo(7);
    assertThat(batch.counts()).isEqualTo(Map.of("s", Map.of("like", 3L)));
  }

  @Test
  void aStreamNamedTwiceIsSummed() {
    var batch = decoder.decode(item(b -> b.addStreams(reactions("s", "like", 4))));
    assertThat(batch.counts()).isEqualTo(Map.of("s", Map.of("like", 7L)));
  }

  @Test
  void aKindThatIsNotConfiguredHereStillCounts() {
    var batch = decoder.decode(item(b -> b.addStreams(reactions("s", "new_1", 1))));
    assertThat(batch.counts().get("s")).containsEntry("new_1", 1L);
  }

  @Test
  void whatCannotBeCountedIsPoisonAndSaysWhy() {
    poison(b -> b.setSource(""), "source");
    poison(b -> b.setSource("a b"), "source");
    poison(b -> b.setSource("x".repeat(65)), "source");
    poison(b -> b.setNumber(0), "number");
    poison(ReactionBatch.Builder::clearStreams, "streams");
    poison(b -> b.addStreams(reactions("a b", "like", 1)), "stream");
    poison(b -> b.addStreams(StreamReactions.newBuilder().setStream("s")), "counts");
    poison(b -> b.addStreams(reactions("s", "LIKE", 1)), "kind");
    poison(b -> b.addStreams(reactions("s", "", 1)), "kind");
    poison(b -> b.addStreams(reactions("s", "like", 0)), "count");
    poison(b -> b.addStreams(reactions("s", "like", -5)), "count");
    poison(b -> b.addStreams(reactions("s", "like", Long.MAX_VALUE)), "count");
    String elsewhere = "t";
    while (partitions.of(elsewhere) == partitions.of("s")) {
      elsewhere += "t";
    }
    String other = elsewhere;
    poison(b -> b.addStreams(reactions(other, "like", 1)), "belongs to partition");
  }

  private void poison(UnaryOperator<ReactionBatch.Builder> change, String why) {
    assertThatThrownBy(() -> decoder.decode(item(change)))
        .isInstanceOf(PoisonItem.class)
        .hasMessageContaining(why);
  }
}
