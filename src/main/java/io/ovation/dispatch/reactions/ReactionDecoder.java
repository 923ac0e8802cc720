package io.ovation.dispatch.reactions;

import io.ovation.http.body.InputRules;
import io.ovation.live.proto.ReactionBatch;
import io.ovation.live.proto.StreamReactions;
import io.ovation.queue.Partitions;
import io.ovation.queue.typed.PoisonItem;
import io.ovation.store.Store.Reactions;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Decodes one partition's batches of reactions and checks them, since a producer in any language
 * may have written them. Kinds need not be in this node's configuration: an accepted reaction
 * counts, also while a new kind is being rolled out.
 */
final class ReactionDecoder {
  private static final Pattern SOURCE = Pattern.compile("[A-Za-z0-9._:-]{1,64}");
  static final Pattern KIND = Pattern.compile("[a-z0-9_]{1,32}");

  /** Twice as many as may be configured. */
  static final int MAX_KINDS = 64;

  /** Ten million full calls: far above any batch, far below where sums would overflow. */
  private static final long MAX_COUNT = 500_000_000L;

  private final Partitions partitions;
  private final int partition;

  ReactionDecoder(Partitions partitions, int partition) {
    this.partitions = partitions;
    this.partition = partition;
  }

  /**
   * @throws PoisonItem if it can never be counted
   */
  Reactions decode(ReactionBatch batch) {
    check(
        SOURCE.matcher(batch.getSource()).matches(), "source must be 1-64 of A-Z a-z 0-9 . _ : -");
    check(batch.getNumber() > 0, "number must count from 1");
    check(batch.getStreamsCount() > 0, "streams is empty");
    Map<String, Map<String, Long>> counts = new HashMap<>();
    for (StreamReactions stream : batch.getStreamsList()) {
      check(stream);
      Map<String, Long> sum = counts.computeIfAbsent(stream.getStream(), s -> new HashMap<>());
      stream.getCountsMap().forEach((kind, count) -> sum.merge(kind, count, Long::sum));
    }
    return new Reactions(batch.getSource(), batch.getNumber(), counts);
  }

  private void check(StreamReactions reactions) {
    String stream = reactions.getStream();
    @Nullable String fault = InputRules.streamFault(stream);
    check(fault == null, "stream " + fault);
    int at = partitions.of(stream);
    check(at == partition, "stream " + stream + " belongs to partition " + at);
    Map<String, Long> counts = reactions.getCountsMap();
    check(
        !counts.isEmpty() && counts.size() <= MAX_KINDS,
        "counts must have 1-" + MAX_KINDS + " kinds");
    counts.forEach(
        (kind, count) -> {
          check(KIND.matcher(kind).matches(), "a kind must be 1-32 of a-z 0-9 _");
          check(count >= 1 && count <= MAX_COUNT, "a count must be 1-" + MAX_COUNT);
        });
  }

  static void check(boolean valid, String fault) {
    if (!valid) {
      throw new PoisonItem(PoisonItem.Reason.BAD_PAYLOAD, fault);
    }
  }
}
