package io.ovation.dispatch;

import com.google.protobuf.ByteString;
import io.ovation.cluster.Cluster;
import io.ovation.cluster.Role;
import io.ovation.dispatch.comments.CommentDecoder;
import io.ovation.dispatch.comments.CommentPipeline;
import io.ovation.dispatch.comments.HistoryAppender;
import io.ovation.dispatch.comments.OffsetAllocator;
import io.ovation.dispatch.reactions.PartitionReactions;
import io.ovation.dispatch.routing.BatchSender;
import io.ovation.dispatch.routing.NodeWindow;
import io.ovation.dispatch.routing.RoutingTable;
import io.ovation.dispatch.state.LiveStatusTracker;
import io.ovation.dispatch.state.StateBroadcaster;
import io.ovation.dispatch.state.StatusBroadcaster;
import io.ovation.dispatch.state.ViewerCountAggregator;
import io.ovation.queue.Lane;
import io.ovation.queue.QueueName;
import io.ovation.queue.Subscription;
import io.ovation.wire.Addresses;
import io.ovation.wire.proto.Announce;
import io.ovation.wire.proto.Answer;
import io.ovation.wire.proto.Counts;
import io.ovation.wire.proto.PartitionRoutes;
import io.ovation.wire.proto.Register;
import io.ovation.wire.proto.Registered;
import io.ovation.wire.proto.StateUpdate.Kind;
import io.ovation.wire.proto.StreamStatus;
import io.ovation.wire.proto.Suspended;
import io.ovation.wire.proto.Unregister;
import io.vertx.core.Future;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.Message;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This node's ownership of one partition, from the epoch it is given to the channel it closes. A
 * new object for each time. All on the dispatcher's context.
 */
final class PartitionOwner {
  private static final Logger log = LoggerFactory.getLogger(PartitionOwner.class);

  /**
   * Intervals that nodes are given to tell a new owner their counts: one to notice it, one to
   * report, one to spare. Half a sum would look like viewers leaving.
   */
  private static final int COUNTING = 3;

  enum State {
    /** Taking the epoch, reading the registrations, announcing itself. */
    OPENING,
    OWNING,
    CLOSED
  }

  private final DispatchContext d;
  private final int partition;
  private final Runnable lost;
  private final RoutingTable routes = new RoutingTable();
  private final OffsetAllocator offsets;
  private final StateBroadcaster stateBroadcaster;
  private final ViewerCountAggregator viewerCounts = new ViewerCountAggregator();
  private final PartitionReactions reactions;
  private final LiveStatusTracker liveStatuses;
  private boolean telling;
  private State state = State.OPENING;
  private long epoch;
  private @Nullable CommentPipeline pipeline;
  private @Nullable Subscription subscription;

  /** Until then not all nodes may have told a new owner how many viewers they have. */
  private long countedFrom;

  /**
   * @param lost called once if the ownership ends from within: a newer epoch exists, or opening
   *     failed
   */
  PartitionOwner(DispatchContext context, int partition, Runnable lost) {
    this.d = context;
    this.partition = partition;
    this.lost = lost;
    this.offsets = new OffsetAllocator(d.micros());
    this.stateBroadcaster = new StateBroadcaster(d.bus(), partition, routes, timeout());
    this.reactions = new PartitionReactions(d, partition, this::watched, this::post);
    this.liveStatuses =
        new LiveStatusTracker(
            d.store().sightings(),
            d.names(),
            new StatusBroadcaster(
                routes,
                stateBroadcaster,
                (stream, json) -> post(stream, Kind.STATUS, json, ByteString.EMPTY)),
            DispatchVerticle::monotonicMillis,
            d.meters());
  }

  void open() {
    d.store()
        .takePartition(partition)
        .compose(
            taken -> {
              epoch = taken;
              return d.cluster().registrations().read(partition, live());
            })
        .compose(this::announce)
        .onSuccess(v -> consume())
        .onFailure(this::failed);
  }

  private Set<String> live() {
    return d.cluster().members().stream().map(Cluster.Member::id).collect(Collectors.toSet());
  }

  /** Whoever has viewers learns the epoch before anything is consumed under it. */
  private Future<Void> announce(Map<String, Set<String>> registered) {
    registered.forEach((stream, nodes) -> nodes.forEach(node -> routes.add(stream, node)));
    Announce announce =
        Announce.newBuilder()
            .setPartition(partition)
            .setEpoch(epoch)
            .setOwner(d.cluster().self())
            .build();
    List<Future<?>> answers = new ArrayList<>();
    for (Cluster.Member member : d.cluster().members()) {
      if (member.is(Role.SUPERVISE)) {
        answers.add(
            d.bus()
                .<Answer>request(Addresses.supervise(member.id()), announce, timeout())
                .onSuccess(this::announced)
                .onFailure(e -> routes.link(member.id()).suspend()));
      }
    }
    return answers.isEmpty()
        ? Future.succeededFuture()
        : Future.join(answers).<Void>mapEmpty().otherwiseEmpty();
  }

  private void announced(Message<Answer> answer) {
    if (!answer.body().getAccepted()) {
      stale();
    }
  }

  private void consume() {
    if (state != State.OPENING) {
      return;
    }
    BatchSender batchSender =
        new BatchSender(
            d.bus(),
            partition,
            epoch,
            d.config().window(),
            d.config().nodeTimeout(),
            routes,
            offsets,
            d.meters(),
            new BatchSender.Events() {
              @Override
              public void answered() {
                pump();
              }

              @Override
              public void stale(long newer) {
                PartitionOwner.this.stale();
              }
            });
    HistoryAppender appender =
        new HistoryAppender(
            d.vertx(),
            d.store(),
            d.watch(),
            d.config(),
            partition,
            epoch,
            offsets,
            d.meters(),
            new HistoryAppender.Outcome() {
              @Override
              public void progressed() {
                pump();
              }

              @Override
              public void stale() {
                PartitionOwner.this.stale();
              }
            });
    CommentDecoder reader = new CommentDecoder(d.partitions(), partition, d.millis());
    pipeline =
        new CommentPipeline(
            d.vertx(),
            d.config().batch(),
            d.rate(),
            reader,
            offsets,
            appender,
            batchSender,
            d.meters());
    state = State.OWNING;
    d.meters().takeovers.increment();
    subscription =
        d.broker()
            .consume(
                new QueueName(DispatchVerticle.QUEUE, Lane.NORMAL, partition),
                d.config().prefetch(),
                pipeline);
    pipeline.acks(subscription);
    reactions.open(epoch, this::stale);
    countedFrom = d.millis().getAsLong() + COUNTING * d.viewersInterval().toMillis();
    liveStatuses.watched(routes.names());
    log.debug("partition {} is ours with epoch {}", partition, epoch);
  }

  private void pump() {
    if (state == State.OWNING && pipeline != null) {
      pipeline.pump();
    }
  }

  private void stale() {
    if (state != State.CLOSED) {
      log.warn("partition {}: a newer owner ended epoch {}", partition, epoch);
      d.meters().stale.increment();
      close();
      lost.run();
    }
  }

  private void failed(Throwable cause) {
    if (state != State.CLOSED) {
      log.warn("partition {} could not be taken yet: {}", partition, cause.getMessage());
      close();
      lost.run();
    }
  }

  /** Closes the channel at once, so that unacked items go to the next owner. */
  Future<Void> close() {
    state = State.CLOSED;
    if (pipeline != null) {
      pipeline.close();
    }
    Future<Void> comments = subscription == null ? Future.succeededFuture() : subscription.close();
    return Future.join(comments, reactions.close()).mapEmpty();
  }

  private boolean watched(String stream) {
    return !routes.of(stream).isEmpty();
  }

  State state() {
    return state;
  }

  /** Routes the streams to the node and tells their last offsets. */
  Future<Registered> register(Register request) {
    if (state != State.OWNING) {
      return Future.failedFuture("partition " + partition + " is still being taken; ask again");
    }
    NodeWindow link = routes.link(request.getNode());
    if (link.suspended() && !request.getAll()) {
      return Future.succeededFuture(
          Registered.newBuilder().setEpoch(epoch).setSuspended(true).build());
    }
    if (request.getAll()) {
      routes.replace(request.getNode(), request.getStreamsList());
      viewerCounts.retain(request.getNode(), request.getStreamsList());
      link.resume();
    } else {
      request.getStreamsList().forEach(stream -> routes.add(stream, request.getNode()));
    }
    reactions.opened(
        request.getStreamsList().stream()
            .filter(s -> !stateBroadcaster.has(s, Kind.REACTIONS))
            .toList());
    liveStatuses.watched(request.getStreamsList());
    Registered.Builder answer =
        Registered.newBuilder()
            .setEpoch(epoch)
            .addAllStates(stateBroadcaster.of(request.getStreamsList()));
    List<Future<Long>> lasts = request.getStreamsList().stream().map(this::last).toList();
    return Future.all(new ArrayList<Future<?>>(lasts))
        .map(
            all -> {
              lasts.forEach(last -> answer.addLast(last.result()));
              return answer.build();
            });
  }

  /** Without the store an offset is made up that all to come is above. */
  private Future<Long> last(String stream) {
    long sent = offsets.lastSent(stream);
    if (sent > 0) {
      return Future.succeededFuture(sent);
    }
    if (d.watch().away()) {
      return Future.succeededFuture(offsets.next(stream));
    }
    return d.store().lastOffset(partition, stream);
  }

  /** Whether the node has what it believes to have; one that is suspended is told otherwise. */
  boolean agrees(String node, PartitionRoutes routed) {
    NodeWindow link = routes.link(node);
    return state != State.OWNING || link.suspended() || link.routed().agrees(routed);
  }

  void unregister(Unregister request) {
    for (String stream : request.getStreamsList()) {
      routes.remove(stream, request.getNode());
      viewerCounts.count(stream, request.getNode(), 0);
    }
  }

  void count(Counts counts) {
    counts.getViewersMap().forEach((stream, n) -> viewerCounts.count(stream, counts.getNode(), n));
  }

  /** Tells the nodes with viewers of a stream how many there are in all, where that changed. */
  void tellViewers() {
    if (state == State.OWNING && d.millis().getAsLong() >= countedFrom) {
      viewerCounts.tell(this::watched, this::post);
    }
  }

  /**
   * Tells the nodes with viewers of a stream what it is like now; what is posted in one turn leaves
   * together.
   *
   * @param snapshot for who joins later; empty when it is the same as {@code json}
   */
  void post(String stream, Kind kind, ByteString json, ByteString snapshot) {
    post(
        io.ovation.wire.proto.StateUpdate.newBuilder()
            .setStream(stream)
            .setKind(kind)
            .setJson(json)
            .setSnapshot(snapshot)
            .build());
  }

  private void post(io.ovation.wire.proto.StateUpdate news) {
    stateBroadcaster.post(news);
    if (!telling) {
      telling = true;
      d.vertx().runOnContext(v -> tellStates());
    }
  }

  /** What is untold, or was not answered, is told. */
  void tellStates() {
    telling = false;
    if (state == State.OWNING) {
      stateBroadcaster.tell(epoch);
    }
  }

  long viewers(String stream) {
    return viewerCounts.viewers(stream);
  }

  /** A stream's totals; fails when only the store knows them and it does not answer. */
  Future<Map<String, Long>> reactions(String stream) {
    return reactions.of(stream);
  }

  /** A stream's object was seen, and counts as live for so long. */
  void seen(String stream, long leftMs) {
    liveStatuses.seen(stream, leftMs);
  }

  void tickStatuses() {
    if (state == State.OWNING) {
      liveStatuses.tick();
    }
  }

  /** Whether a stream is live; fails when only the store could tell and it does not answer. */
  Future<StreamStatus.Live> live(String stream) {
    return liveStatuses.of(stream);
  }

  /** Forgets nodes that left the cluster, on all their streams and for good. */
  void membersChanged(Set<String> live) {
    List<String> gone =
        routes.links().stream().map(NodeWindow::node).filter(node -> !live.contains(node)).toList();
    if (gone.isEmpty()) {
      return;
    }
    gone.forEach(routes::drop);
    gone.forEach(viewerCounts::drop);
    d.cluster()
        .registrations()
        .read(partition, live)
        .onFailure(e -> log.warn("registrations of nodes that left are purged later", e));
    pump();
  }

  /** A suspended node does not know it: it is told until it registers again or leaves. */
  void remindSuspended() {
    if (state != State.OWNING) {
      return;
    }
    Suspended suspended = Suspended.newBuilder().setPartition(partition).setEpoch(epoch).build();
    for (NodeWindow link : routes.links()) {
      if (link.suspended()) {
        d.bus().send(Addresses.supervise(link.node()), suspended);
      }
    }
  }

  private DeliveryOptions timeout() {
    return new DeliveryOptions().setSendTimeout(d.config().nodeTimeout().toMillis());
  }
}
