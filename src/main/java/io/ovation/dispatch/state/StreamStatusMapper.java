package io.ovation.dispatch.state;

import io.ovation.dispatch.reactions.RegionTotals;
import io.ovation.live.proto.StreamPresence;
import io.ovation.wire.proto.RegionStatus;
import io.ovation.wire.proto.StreamStatus;
import io.ovation.wire.proto.StreamStatus.Live;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A stream's status as it is answered: that of all regions together, and that of each. */
final class StreamStatusMapper {
  private StreamStatusMapper() {}

  /**
   * @param region the name of this one
   * @param viewers of this region
   * @param live of this region
   * @param stored totals as {@link RegionTotals} reads them; null if they are unknown
   * @param others calls with each other region and what it says
   */
  static StreamStatus of(
      String region,
      long viewers,
      Live live,
      @Nullable Map<String, Long> stored,
      Consumer<BiConsumer<String, StreamPresence>> others) {
    Map<String, RegionStatus.Builder> regions = new TreeMap<>();
    regions.put(region, RegionStatus.newBuilder().setViewers(viewers).setLive(live));
    others.accept(
        (other, said) ->
            regions.put(
                other,
                RegionStatus.newBuilder()
                    .setViewers(said.getViewers())
                    .setLive(live(said.getLive()))));
    StreamStatus.Builder status = StreamStatus.newBuilder().setReactionsUnknown(stored == null);
    if (stored != null) {
      status.putAllReactions(RegionTotals.sum(stored));
      RegionTotals.byRegion(region, stored)
          .forEach(
              (of, totals) ->
                  regions
                      .computeIfAbsent(of, r -> RegionStatus.newBuilder())
                      .putAllReactions(totals));
    }
    regions.forEach(
        (of, one) -> {
          status.setViewers(status.getViewers() + one.getViewers());
          status.setLive(together(status.getLive(), one.getLive()));
          status.putRegions(of, one.build());
        });
    return status.build();
  }

  private static Live together(Live one, Live other) {
    if (one == Live.LIVE || other == Live.LIVE) {
      return Live.LIVE;
    }
    return one == Live.DARK ? one : other;
  }

  private static Live live(StreamPresence.Live live) {
    return switch (live) {
      case LIVE -> Live.LIVE;
      case DARK -> Live.DARK;
      default -> Live.UNHEARD;
    };
  }
}
