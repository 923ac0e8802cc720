package io.ovation.dispatch.state;

import com.google.protobuf.ByteString;
import io.ovation.dispatch.DispatchContext;
import io.ovation.dispatch.PartitionFailureHandler;
import io.ovation.dispatch.reactions.ReactionTotalsCache;
import io.ovation.dispatch.routing.RoutingTable;
import io.ovation.live.proto.StreamPresence;
import io.ovation.wire.proto.Counts;
import io.ovation.wire.proto.PresenceQuery;
import io.ovation.wire.proto.PresenceReport;
import io.ovation.wire.proto.StateUpdate;
import io.ovation.wire.proto.StateUpdate.Kind;
import io.ovation.wire.proto.StreamStatus;
import io.ovation.wire.proto.StreamStatus.Live;
import io.ovation.wire.proto.StreamViewers;
import io.vertx.core.Future;
import java.util.Collection;
import java.util.List;

/**
 * The states of one partition's streams: viewer counts, live status and reaction totals, each of
 * all regions together. Changes that are posted in one turn of the event loop leave together. All
 * on the dispatcher's context.
 */
public final class StreamStates implements LiveStatusTracker.Viewers {
  /**
   * Report intervals that nodes have to send a new owner their counts: one to notice it, one to
   * report, one to spare. A partial sum would look like viewers leaving.
   */
  private static final int COUNT_INTERVALS = 3;

  /** Other regions repeat their counts within this time. */
  private static final long ELSEWHERE_MS = 6_000;

  private final DispatchContext d;
  private final RoutingTable routes;
  private final OtherRegions others;
  private final OwnPresence presence;
  private final StateBroadcaster broadcaster;
  private final ViewerCountAggregator viewerCounts = new ViewerCountAggregator();
  private final LiveStatusTracker liveStatuses;
  private final ReactionTotalsCache reactions;
  private final PublishedPresence published;
  private long epoch;
  private boolean open;
  private boolean flushScheduled;

  /** On the monotonic clock. Before it, a node may not have reported its viewers. */
  private long countsCompleteAt;

  public StreamStates(
      DispatchContext context, int partition, RoutingTable routes, PartitionFailureHandler guard) {
    this.d = context;
    this.routes = routes;
    this.broadcaster = new StateBroadcaster(d, partition, routes, guard);
    Runnable refused = d.metrics().presenceRefused::increment;
    this.others = new OtherRegions(d.monotonicMillis(), refused);
    this.presence = new OwnPresence(d.monotonicMillis(), refused);
    this.reactions =
        new ReactionTotalsCache(d.vertx(), d.store(), partition, routes::routed, this::post);
    this.published = new PublishedPresence(d.events(), d.regions().own(), d.wallMillis());
    this.liveStatuses =
        new LiveStatusTracker(
            d.store().sightings(), d.names(), this, d.monotonicMillis(), d.metrics());
  }

  /** Begins to send states to nodes. */
  public void open(long ownedEpoch) {
    epoch = ownedEpoch;
    open = true;
    long elsewhere = d.regions().others().isEmpty() ? 0 : ELSEWHERE_MS;
    countsCompleteAt =
        d.monotonicMillis().getAsLong()
            + Math.max(elsewhere, COUNT_INTERVALS * d.viewersInterval().toMillis());
    liveStatuses.watched(routes.streams());
    if (d.events().used()) {
      routes.streams().forEach(viewerCounts::touch);
    }
  }

  /** The streams with the most viewers in this region, in no order. */
  public List<StreamViewers> busiest(int limit) {
    return viewerCounts.busiest(limit);
  }

  public void close() {
    open = false;
    reactions.close();
  }

  /** A node registers these streams. Returns what is known of them. */
  public List<StateUpdate> watched(Collection<String> streams) {
    reactions.watched(streams.stream().filter(s -> !broadcaster.has(s, Kind.REACTIONS)).toList());
    liveStatuses.watched(streams);
    for (String stream : streams) {
      if (others.live(stream) == StreamPresence.Live.LIVE && !statusSent(stream)) {
        postStatus(stream, true);
      }
    }
    return broadcaster.of(streams);
  }

  public ReactionTotalsCache reactions() {
    return reactions;
  }

  public ViewerCountAggregator viewerCounts() {
    return viewerCounts;
  }

  public void count(Counts counts) {
    counts.getViewersMap().forEach((stream, n) -> viewerCounts.count(stream, counts.getNode(), n));
  }

  /** Sends viewers the counts that changed. */
  public void broadcastViewerCounts() {
    if (open && d.monotonicMillis().getAsLong() >= countsCompleteAt) {
      viewerCounts.postChanged(
          routes::routed,
          others::viewers,
          (stream, viewers) -> {
            published.viewers(stream, viewers);
            if (!d.regions().others().isEmpty()) {
              presence.viewers(stream, viewers);
            }
          },
          this::post);
    }
  }

  /** What other regions get of these streams. */
  public PresenceReport presence(PresenceQuery query) {
    return presence.since(epoch, query);
  }

  /** Another region says how many viewers a stream has there, and whether it is live. */
  public void elsewhere(String region, StreamPresence said) {
    if (others.put(region, said)) {
      changedElsewhere(said.getStream());
    }
  }

  private void changedElsewhere(String stream) {
    viewerCounts.touch(stream);
    Live own = liveStatuses.known(stream);
    if (routes.routed(stream)
        && (own != Live.UNHEARD || others.live(stream) != StreamPresence.Live.UNHEARD)) {
      sendStatus(stream, own == Live.LIVE);
    }
  }

  private void post(StateUpdate state) {
    broadcaster.post(state);
    if (!flushScheduled) {
      flushScheduled = true;
      d.vertx().runOnContext(v -> flush());
    }
  }

  /** Sends what was not sent yet, or not answered. */
  public void flush() {
    flushScheduled = false;
    if (open) {
      broadcaster.flush(epoch);
    }
  }

  /** A stream's object was seen, and counts as live for {@code leftMs}. */
  public void seen(String stream, long leftMs) {
    if (!d.regions().others().isEmpty()) {
      presence.seen(stream, leftMs);
    }
    liveStatuses.seen(stream, leftMs);
  }

  public void tickStatuses() {
    if (open) {
      others.expire().forEach(this::changedElsewhere);
      liveStatuses.tick();
    }
  }

  /** Fails when only the store knows whether the stream is live, and it does not answer. */
  public Future<StreamStatus> query(String stream) {
    return reactions
        .of(stream)
        .transform(
            stored ->
                liveStatuses
                    .of(stream)
                    .map(
                        live ->
                            StreamStatusMapper.of(
                                d.regions().own(),
                                viewerCounts.viewers(stream),
                                live,
                                stored.failed() ? null : stored.result(),
                                to -> others.each(stream, to))));
  }

  @Override
  public boolean watching(String stream) {
    return routes.routed(stream);
  }

  @Override
  public void sendStatus(String stream, boolean live) {
    published.live(stream, live);
    postStatus(stream, live || others.live(stream) == StreamPresence.Live.LIVE);
  }

  private void postStatus(String stream, boolean live) {
    // Stream names need no escapes.
    String json = "{\"type\":\"status\",\"stream\":\"" + stream + "\",\"live\":" + live + "}";
    post(
        StateUpdate.newBuilder()
            .setStream(stream)
            .setKind(Kind.STATUS)
            .setJson(ByteString.copyFromUtf8(json))
            .build());
  }

  @Override
  public boolean statusSent(String stream) {
    return broadcaster.has(stream, Kind.STATUS);
  }
}
