package io.ovation.dispatch.reactions;

import static io.ovation.dispatch.reactions.ReactionDecoder.KIND;
import static io.ovation.dispatch.reactions.ReactionDecoder.MAX_KINDS;

import io.ovation.http.body.InputRules;
import io.ovation.live.proto.ForwardedRow;
import io.ovation.live.proto.ForwardedStates;
import io.ovation.live.proto.StreamPresence;
import io.ovation.live.proto.StreamTotals;
import io.ovation.moderation.RemoteRowChecks;
import io.ovation.queue.Partitions;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Checks what another region sent, since it may have been written by anybody. */
record RemoteStateChecks(Partitions partitions, int partition, String ownRegion) {
  private static final Pattern REGION = Pattern.compile("[A-Za-z0-9._-]{1,64}");

  /** What a sum over all regions and JSON hold exactly. */
  private static final long MAX_TOTAL = 1L << 46;

  private static final long MAX_VIEWERS = 1L << 40;

  /** The year 2096, in microseconds: what doubles hold exactly. */
  private static final long MAX_STAMP = 4_000_000_000_000_000L;

  private static final long MAX_LIVE_MS = 86_400_000;

  /**
   * @throws io.ovation.queue.typed.PoisonItem if it can never be taken in
   */
  void check(ForwardedStates states) {
    String region = states.getRegion();
    ReactionDecoder.check(
        REGION.matcher(region).matches() && !region.equals(ownRegion),
        "region must be another one's name, 1-64 of A-Z a-z 0-9 . _ -");
    states.getTotalsList().forEach(this::totals);
    states.getRowsList().forEach(RemoteStateChecks::row);
    states.getPresenceList().forEach(this::presence);
  }

  private void totals(StreamTotals one) {
    stream(one.getStream());
    ReactionDecoder.check(one.getTotalsCount() <= MAX_KINDS, "too many kinds");
    one.getTotalsMap()
        .forEach(
            (kind, count) ->
                ReactionDecoder.check(
                    KIND.matcher(kind).matches() && count >= 0 && count <= MAX_TOTAL,
                    "a total must be 0-" + MAX_TOTAL + " of a kind of a-z 0-9 _"));
  }

  private static void row(ForwardedRow row) {
    @Nullable String fault = RemoteRowChecks.fault(row.getKey(), row.getValue());
    ReactionDecoder.check(fault == null, "row " + row.getKey() + ": " + fault);
    ReactionDecoder.check(
        row.getStamp() > 0
            && row.getStamp() <= MAX_STAMP
            && row.getTtlMs() > 0
            && row.getEndsMs() <= MAX_STAMP,
        "row " + row.getKey() + " has no valid times");
  }

  private void presence(StreamPresence one) {
    stream(one.getStream());
    ReactionDecoder.check(
        one.getViewers() >= 0
            && one.getViewers() <= MAX_VIEWERS
            && one.getLiveMs() >= 0
            && one.getLiveMs() <= MAX_LIVE_MS,
        "viewers or live_ms out of bounds");
  }

  private void stream(String stream) {
    @Nullable String fault = InputRules.streamFault(stream);
    ReactionDecoder.check(fault == null, "stream " + fault);
    int at = partitions.of(stream);
    ReactionDecoder.check(at == partition, "stream " + stream + " belongs to partition " + at);
  }
}
