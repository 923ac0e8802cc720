package io.ovation.dispatch;

import io.ovation.cluster.Cluster;
import io.ovation.cluster.ObjectStreamNames;
import io.ovation.cluster.PartitionAssignment;
import io.ovation.cluster.Role;
import io.ovation.config.Config;
import io.ovation.dispatch.comments.RateLimiter;
import io.ovation.metrics.Metrics;
import io.ovation.queue.Broker;
import io.ovation.queue.Lane;
import io.ovation.queue.QueueDepth;
import io.ovation.store.Store;
import io.ovation.wire.Addresses;
import io.ovation.wire.proto.Answer;
import io.ovation.wire.proto.Audit;
import io.ovation.wire.proto.Audited;
import io.ovation.wire.proto.Counts;
import io.ovation.wire.proto.PartitionRoutes;
import io.ovation.wire.proto.Register;
import io.ovation.wire.proto.Seen;
import io.ovation.wire.proto.StreamQuery;
import io.ovation.wire.proto.StreamStatus;
import io.ovation.wire.proto.Unregister;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.eventbus.Message;
import io.vertx.core.eventbus.MessageConsumer;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The dispatcher role: owns its share of the queue's partitions and moves their events to the nodes
 * that have viewers. Shares change with the cluster's members, at once and without asking anybody.
 */
public final class DispatchVerticle extends VerticleBase {
  private static final Logger log = LoggerFactory.getLogger(DispatchVerticle.class);

  /** The queue of {@code ovation.live.Comments}. */
  static final String QUEUE = "comments";

  /** The queue of {@code ovation.live.Reactions}. */
  public static final String REACTIONS = "reactions";

  private static final long TICK_MS = 1_000;

  /** That a stream went dark is to be told within 2 s. */
  private static final long STATUS_MS = 200;

  private static final long RETAKE_MS = 500;

  /** Two owners that do not see each other must not take a partition from one another for ever. */
  private static final long RETAKE_MAX_MS = 8_000;

  /** An ownership that lasted so long was no quarrel. */
  private static final long SETTLED_MS = 20_000;

  private final Config.Dispatch config;
  private final Config.Reactions reactions;
  private final Duration viewersInterval;
  private final Cluster cluster;
  private final PartitionAssignment assignment;
  private final Broker broker;
  private final Store store;
  private final ObjectStreamNames names;
  private final Metrics metrics;
  private final Map<Integer, PartitionOwner> owned = new HashMap<>();

  /** When each partition was last lost from within, and how long we waited then. */
  private final Map<Integer, Quarrel> quarrels = new HashMap<>();

  private record Quarrel(long at, long waited) {}

  private volatile int owning;
  private @Nullable DispatchContext context;
  private @Nullable SplitBrainGuard splitBrainGuard;
  private @Nullable MessageConsumer<Object> consumer;
  private boolean stopping;

  /** Out of a freeze: the others share our partitions until we are sure to be among them. */
  private boolean laidDown;

  /**
   * @param viewersInterval how often changed viewer counts are told to viewers
   * @param names of the streams that show whether an object is live
   */
  public DispatchVerticle(
      Config.Dispatch config,
      Config.Reactions reactions,
      Duration viewersInterval,
      Cluster cluster,
      PartitionAssignment assignment,
      Broker broker,
      Store store,
      ObjectStreamNames names,
      Metrics metrics) {
    this.config = config;
    this.reactions = reactions;
    this.viewersInterval = viewersInterval;
    this.cluster = cluster;
    this.assignment = assignment;
    this.broker = broker;
    this.store = store;
    this.names = names;
    this.metrics = metrics;
  }

  @Override
  public Future<?> start() {
    context =
        new DispatchContext(
            vertx,
            config,
            reactions,
            viewersInterval,
            assignment.partitions(),
            cluster,
            broker,
            store,
            new StoreHealth(vertx, store, metrics),
            new RateLimiter(config.rate(), DispatchVerticle::monotonicMillis),
            new DispatchMetrics(metrics),
            names,
            () -> ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now()),
            System::currentTimeMillis);
    splitBrainGuard =
        new SplitBrainGuard(DispatchVerticle::monotonicMillis, cluster.members().size());
    metrics.gauge(
        "ovation.dispatch.partitions.owned", "Partitions that this node owns", this, v -> v.owning);
    Context context = vertx.getOrCreateContext();
    return broker
        .declare(QUEUE, Set.of(Lane.NORMAL), assignment.partitions().count())
        .compose(
            v -> broker.declare(REACTIONS, Set.of(Lane.NORMAL), assignment.partitions().count()))
        .compose(
            v -> {
              consumer = vertx.eventBus().consumer(Addresses.dispatch(cluster.self()), this::asked);
              return consumer.completion();
            })
        .onSuccess(
            v -> {
              cluster.onChange(() -> context.runOnContext(x -> membersChanged()));
              cluster.onMerge(() -> context.runOnContext(x -> merged()));
              vertx.setPeriodic(TICK_MS, t -> tick());
              watchDepths();
              vertx.setPeriodic(viewersInterval.toMillis(), t -> tellViewers());
              vertx.setPeriodic(
                  STATUS_MS, t -> owned.values().forEach(PartitionOwner::tickStatuses));
              share();
            })
        .compose(v -> cluster.takeUp(Role.DISPATCH));
  }

  @Override
  public Future<?> stop() {
    stopping = true;
    return cluster.layDown(Role.DISPATCH).otherwiseEmpty().compose(v -> letGo());
  }

  private Future<?> letGo() {
    List<Future<?>> closing = new ArrayList<>();
    owned.values().forEach(owner -> closing.add(owner.close()));
    owned.clear();
    if (consumer != null) {
      closing.add(consumer.unregister());
    }
    return closing.isEmpty() ? Future.succeededFuture() : Future.join(closing);
  }

  static long monotonicMillis() {
    return TimeUnit.NANOSECONDS.toMillis(System.nanoTime());
  }

  private void membersChanged() {
    if (splitBrainGuard != null) {
      splitBrainGuard.members(cluster.members().size());
    }
    Set<String> live =
        cluster.members().stream().map(Cluster.Member::id).collect(Collectors.toSet());
    owned.values().forEach(owner -> owner.membersChanged(live));
    share();
  }

  private void merged() {
    if (splitBrainGuard != null) {
      splitBrainGuard.merged();
    }
    share();
  }

  private void tick() {
    if (splitBrainGuard != null && splitBrainGuard.tick()) {
      log.warn("this node was frozen: its partitions are given up until it is among the others");
      List.copyOf(owned.keySet()).forEach(this::release);
      laidDown = true;
      said(cluster.layDown(Role.DISPATCH));
    } else if (laidDown && !stopping && splitBrainGuard != null && splitBrainGuard.good()) {
      laidDown = false;
      said(cluster.takeUp(Role.DISPATCH));
    }
    owned.values().forEach(PartitionOwner::remindSuspended);
    owned.values().forEach(PartitionOwner::tellStates);
    share();
  }

  private void watchDepths() {
    for (String queue : List.of(QUEUE, REACTIONS)) {
      new QueueDepth(broker, queue, Set.of(Lane.NORMAL), () -> List.copyOf(owned.keySet()), metrics)
          .watch(vertx);
    }
  }

  private void tellViewers() {
    owned.values().forEach(PartitionOwner::tellViewers);
  }

  /** Not waited for: what could not be said is said again with the members' next repair. */
  private static void said(Future<Void> saying) {
    saying.onFailure(e -> log.warn("this node's change of roles could not be said yet", e));
  }

  /** Takes what is ours and not held, releases what is no longer ours. */
  private void share() {
    if (stopping || splitBrainGuard == null) {
      return;
    }
    for (int p = 0; p < assignment.partitions().count(); p++) {
      boolean ours = cluster.self().equals(assignment.of(p));
      if (!ours) {
        release(p);
      } else if (splitBrainGuard.good()) {
        take(p);
      }
    }
    owning =
        (int) owned.values().stream().filter(o -> o.state() == PartitionOwner.State.OWNING).count();
  }

  private void take(int partition) {
    if (context != null && !owned.containsKey(partition)) {
      PartitionOwner owner = new PartitionOwner(context, partition, () -> lost(partition));
      owned.put(partition, owner);
      owner.open();
    }
  }

  /** Tried again after a while, if it is still ours then. */
  private void lost(int partition) {
    long now = monotonicMillis();
    Quarrel before = quarrels.get(partition);
    long wait =
        before == null || now - before.at() > SETTLED_MS
            ? RETAKE_MS
            : Math.min(RETAKE_MAX_MS, before.waited() * 2);
    quarrels.put(partition, new Quarrel(now, wait));
    vertx.setTimer(
        wait,
        t -> {
          PartitionOwner owner = owned.get(partition);
          if (owner != null && owner.state() == PartitionOwner.State.CLOSED) {
            owned.remove(partition);
            share();
          }
        });
  }

  private void release(int partition) {
    PartitionOwner owner = owned.remove(partition);
    if (owner != null) {
      owner
          .close()
          .onFailure(e -> log.warn("the channel of partition {} did not close", partition, e));
    }
  }

  private void asked(Message<Object> message) {
    Object body = message.body();
    if (body instanceof Register register) {
      PartitionOwner owner = owned.get(register.getPartition());
      if (owner == null) {
        notOwner(message);
      } else {
        owner
            .register(register)
            .onSuccess(message::reply)
            .onFailure(e -> message.fail(503, String.valueOf(e.getMessage())));
      }
    } else if (body instanceof Unregister unregister) {
      PartitionOwner owner = owned.get(unregister.getPartition());
      if (owner != null) {
        owner.unregister(unregister);
      }
    } else if (body instanceof Counts counts) {
      PartitionOwner owner = owned.get(counts.getPartition());
      if (owner == null) {
        notOwner(message);
      } else {
        owner.count(counts);
        message.reply(Answer.newBuilder().setAccepted(true).build());
      }
    } else if (body instanceof Audit audit) {
      message.reply(audited(audit));
    } else if (body instanceof StreamQuery query) {
      PartitionOwner owner = owned.get(query.getPartition());
      if (owner == null) {
        notOwner(message);
      } else {
        answer(message, owner, query.getStream());
      }
    } else if (body instanceof Seen seen) {
      message.reply(Answer.newBuilder().setAccepted(seen(seen)).build());
    }
  }

  /** False if some of the streams are another's. */
  private boolean seen(Seen seen) {
    boolean all = true;
    for (Map.Entry<String, Long> next : seen.getLeftMsMap().entrySet()) {
      PartitionOwner owner = owned.get(assignment.partitions().of(next.getKey()));
      if (owner == null) {
        all = false;
      } else {
        owner.seen(next.getKey(), next.getValue());
      }
    }
    return all;
  }

  private static void answer(Message<Object> message, PartitionOwner owner, String stream) {
    StreamStatus.Builder state = StreamStatus.newBuilder().setViewers(owner.viewers(stream));
    owner
        .reactions(stream)
        .onSuccess(state::putAllReactions)
        .onFailure(e -> state.setReactionsUnknown(true))
        .transform(done -> owner.live(stream))
        .onSuccess(live -> message.reply(state.setLive(live).build()))
        .onFailure(e -> message.fail(503, String.valueOf(e.getMessage())));
  }

  private Audited audited(Audit audit) {
    Audited.Builder answer = Audited.newBuilder();
    for (PartitionRoutes routed : audit.getPartitionsList()) {
      PartitionOwner owner = owned.get(routed.getPartition());
      if (owner == null || !owner.agrees(audit.getNode(), routed)) {
        answer.addDiffering(routed.getPartition());
      }
    }
    return answer.build();
  }

  private static void notOwner(Message<Object> message) {
    message.fail(404, "not the partition's owner by this node's view");
  }
}
