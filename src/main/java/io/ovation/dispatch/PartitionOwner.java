package io.ovation.dispatch;

import io.ovation.cluster.Cluster;
import io.ovation.cluster.Role;
import io.ovation.dispatch.comments.CommentPipeline;
import io.ovation.dispatch.comments.FailingItem;
import io.ovation.dispatch.comments.StreamOffsets;
import io.ovation.dispatch.outbox.Outboxes;
import io.ovation.dispatch.reactions.ReactionPipeline;
import io.ovation.dispatch.routing.NodeProgress;
import io.ovation.dispatch.routing.RegistrationHandler;
import io.ovation.dispatch.routing.RoutingTable;
import io.ovation.dispatch.state.StreamStates;
import io.ovation.queue.Lane;
import io.ovation.queue.QueueName;
import io.ovation.store.StaleEpoch;
import io.ovation.wire.Addresses;
import io.ovation.wire.proto.Announce;
import io.ovation.wire.proto.Answer;
import io.ovation.wire.proto.PartitionRoutes;
import io.ovation.wire.proto.PartitionStatus;
import io.ovation.wire.proto.Register;
import io.ovation.wire.proto.Registered;
import io.ovation.wire.proto.StreamViewers;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This node's ownership of one partition, from taking an epoch to closing the channels. A new
 * object for each ownership. All on the dispatcher's context.
 */
final class PartitionOwner {
  private static final Logger log = LoggerFactory.getLogger(PartitionOwner.class);

  /** Streams that one report names. */
  private static final int MAX_BUSIEST = 100;

  enum State {
    /** Takes the epoch, reads the registrations, announces the epoch to the nodes. */
    OPENING,
    /** Consumes the partition's queues. */
    OWNING,
    /** Ended by a newer epoch, by a failed opening or by an unexpected error: to be taken again. */
    FAILED,
    /** Ended by the dispatcher. */
    CLOSED;

    Set<State> next() {
      return switch (this) {
        case OPENING -> Set.of(OWNING, FAILED, CLOSED);
        case OWNING -> Set.of(FAILED, CLOSED);
        case FAILED -> Set.of(CLOSED);
        case CLOSED -> Set.of();
      };
    }
  }

  private final DispatchContext d;
  private final int partition;
  private final long atLeast;
  private final FailingItem failing;
  private final Consumer<Throwable> onFailed;
  private final PartitionFailureHandler guard = new PartitionFailureHandler(this::fail);
  private final RoutingTable routes = new RoutingTable();
  private final StreamOffsets offsets;
  private final StreamStates states;
  private final RegistrationHandler registrations;
  private final ReportedEvents reported;
  private State state = State.OPENING;
  private long epoch;
  private @Nullable Outboxes outboxes;
  private @Nullable CommentPipeline comments;
  private @Nullable ReactionPipeline reactions;

  /**
   * @param atLeast the lowest epoch to take
   * @param failing what earlier owners here know of an item that fails them
   * @param onFailed called once when the ownership has become {@link State#FAILED}
   */
  PartitionOwner(
      DispatchContext context,
      int partition,
      long atLeast,
      FailingItem failing,
      Consumer<Throwable> onFailed) {
    this.d = context;
    this.failing = failing;
    this.partition = partition;
    this.atLeast = atLeast;
    this.onFailed = onFailed;
    this.offsets = new StreamOffsets(d.storeMicros());
    this.reported = new ReportedEvents(partition);
    this.states = new StreamStates(d, partition, routes, guard);
    this.registrations = new RegistrationHandler(d, partition, routes, offsets, states);
  }

  State state() {
    return state;
  }

  void transitionTo(State next) {
    if (!state.next().contains(next)) {
      throw new IllegalStateException(
          "partition " + partition + " cannot go from " + state + " to " + next);
    }
    log.debug("partition {}, epoch {}: {} to {}", partition, epoch, state, next);
    state = next;
  }

  void open() {
    guard.run(
        () ->
            d.store()
                .takePartition(partition, atLeast)
                .compose(this::whileOpening)
                .compose(this::readRegistrations)
                .compose(this::whileOpening)
                .compose(this::announce)
                .compose(v -> reported.compare(d.store()))
                .onSuccess(guard.wrap(v -> own()))
                .onFailure(this::fail));
  }

  /** A partition that was released meanwhile has another owner, whose nodes must not be told. */
  private <T> Future<T> whileOpening(T value) {
    return state == State.OPENING ? Future.succeededFuture(value) : notOwning();
  }

  private Future<Map<String, Set<String>>> readRegistrations(long taken) {
    epoch = taken;
    Set<String> live =
        d.cluster().members().stream().map(Cluster.Member::id).collect(Collectors.toSet());
    return d.cluster().registrations().read(partition, live);
  }

  /** Nodes with viewers know the epoch before anything is consumed under it. */
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
                .<Answer>request(Addresses.supervise(member.id()), announce, d.nodeTimeout())
                .onSuccess(answer -> announced(answer.body()))
                .onFailure(e -> routes.node(member.id()).suspend(d.monotonicMillis().getAsLong())));
      }
    }
    return answers.isEmpty()
        ? Future.succeededFuture()
        : Future.join(answers).<Void>mapEmpty().otherwiseEmpty();
  }

  private void announced(Answer answer) {
    if (answer.getAccepted()) {
      reported.add(answer);
    } else {
      fail(new StaleEpoch(partition, epoch, answer.getEpoch()));
    }
  }

  private void own() {
    if (state != State.OPENING) {
      return;
    }
    transitionTo(State.OWNING);
    d.metrics().takeovers.increment();
    Outboxes own = new Outboxes(d, partition, epoch, guard);
    outboxes = own;
    reported.seen().forEach(offsets::raise);
    offsets.sentBefore(reported.recent());
    reported.passed().forEach(offsets::stored);
    comments = new CommentPipeline(d, partition, epoch, routes, offsets, own, failing, guard);
    comments.delivered(reported.delivered());
    for (ReportedEvents.Lost range : reported.lost()) {
      comments.lost(range.stream(), range.from(), range.to());
    }
    comments.open(new QueueName(DispatchVerticle.COMMENTS, Lane.NORMAL, partition));
    reactions =
        new ReactionPipeline(
            d, partition, epoch, states.reactions(), states::elsewhere, own, guard);
    reactions.open(new QueueName(DispatchVerticle.REACTIONS, Lane.NORMAL, partition));
    states.open(epoch);
  }

  /** Closes everything. The dispatcher takes the partition again after a while. */
  private void fail(Throwable cause) {
    if (state == State.FAILED || state == State.CLOSED) {
      log.debug("partition {} had ended before this", partition, cause);
      return;
    }
    if (cause instanceof StaleEpoch) {
      log.warn("partition {}: epoch {} ended, another owner has a newer one", partition, epoch);
      d.metrics().stale.increment();
    } else if (state == State.OPENING) {
      log.warn("partition {} could not be taken; retrying: {}", partition, cause.getMessage());
    } else {
      log.error("partition {} failed: its channels are closed and it is retaken", partition, cause);
      d.metrics().failures.increment();
    }
    transitionTo(State.FAILED);
    unload();
    onFailed.accept(cause);
  }

  /** Closes the channels at once, so that unacked items go to the next owner. */
  Future<Void> close() {
    if (state != State.CLOSED) {
      transitionTo(State.CLOSED);
    }
    return unload();
  }

  /** Idempotent. */
  private Future<Void> unload() {
    states.close();
    if (outboxes != null) {
      outboxes.close();
    }
    Future<Void> commentsClosed = comments == null ? Future.succeededFuture() : comments.close();
    Future<Void> reactionsClosed = reactions == null ? Future.succeededFuture() : reactions.close();
    return Future.join(commentsClosed, reactionsClosed).mapEmpty();
  }

  /**
   * For operators.
   *
   * @param busiest how many streams to name
   */
  PartitionStatus.Builder status(int busiest) {
    PartitionStatus.Builder status =
        PartitionStatus.newBuilder()
            .setPartition(partition)
            .setState(state.name().toLowerCase(Locale.ROOT))
            .setEpoch(epoch)
            .setLagMs(lagMs());
    for (StreamViewers one : states.busiest(Math.min(busiest, MAX_BUSIEST))) {
      status.addBusiest(one.toBuilder().setEvents(offsets.eventsSent(one.getStream())));
    }
    for (NodeProgress node : routes.nodes()) {
      status.setWindow(Math.max(status.getWindow(), node.unanswered()));
      if (node.suspended()) {
        status.addSuspended(node.id());
      }
    }
    return status;
  }

  long lagMs() {
    return state == State.OWNING && comments != null ? comments.lagMs() : 0;
  }

  StreamStates states() {
    return states;
  }

  /** Runs a periodic task; if it throws, this partition fails and the others go on. */
  void runOnStates(Consumer<StreamStates> task) {
    guard.run(() -> task.accept(states));
  }

  RegistrationHandler registrations() {
    return registrations;
  }

  Future<Registered> register(Register request) {
    if (state == State.OWNING && request.getEpoch() > epoch) {
      fail(new StaleEpoch(partition, epoch, request.getEpoch()));
    }
    return state == State.OWNING
        ? registrations.register(epoch, request).compose(this::whileOwning)
        : notOwning();
  }

  private Future<Registered> whileOwning(Registered answer) {
    return state == State.OWNING ? Future.succeededFuture(answer) : notOwning();
  }

  private <T> Future<T> notOwning() {
    return Future.failedFuture("partition " + partition + " is " + state + "; ask again");
  }

  boolean agrees(String node, PartitionRoutes believed) {
    return state != State.OWNING || registrations.agrees(node, believed);
  }

  void membersChanged(Set<String> live) {
    guard.run(
        () -> {
          if (registrations.retain(live) && comments != null) {
            comments.pump();
          }
        });
  }

  /** To be called about once a second. */
  void tick() {
    if (state == State.OWNING) {
      guard.run(() -> registrations.remindSuspended(epoch));
      guard.run(states::flush);
    }
  }
}
