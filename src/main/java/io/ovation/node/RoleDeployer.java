package io.ovation.node;

import io.ovation.async.MemoizedFuture;
import io.ovation.auth.AccessControl;
import io.ovation.cluster.Cluster;
import io.ovation.cluster.ObjectStreamNames;
import io.ovation.cluster.PartitionAssignment;
import io.ovation.cluster.Role;
import io.ovation.cluster.SingleNodeCluster;
import io.ovation.cluster.StreamStateClient;
import io.ovation.config.Config;
import io.ovation.deliver.DeliveryService;
import io.ovation.deliver.DeliveryVerticle;
import io.ovation.dispatch.DispatchVerticle;
import io.ovation.http.HttpServers;
import io.ovation.http.Routes;
import io.ovation.http.WebFiles;
import io.ovation.ingress.CommentService;
import io.ovation.ingress.HistoryRoute;
import io.ovation.ingress.IngressVerticle;
import io.ovation.ingress.LiveOnlyGate;
import io.ovation.ingress.NodeSubmissions;
import io.ovation.ingress.ReactionService;
import io.ovation.ingress.StoredIds;
import io.ovation.live.proto.CommentRequest;
import io.ovation.live.proto.CommentsProducer;
import io.ovation.live.proto.CommentsQueue;
import io.ovation.live.proto.ReactionBatch;
import io.ovation.live.proto.ReactionsProducer;
import io.ovation.live.proto.ReactionsQueue;
import io.ovation.live.proto.StreamEvent;
import io.ovation.liveness.CallbackService;
import io.ovation.liveness.LivenessRoutes;
import io.ovation.liveness.LivenessVerticle;
import io.ovation.liveness.proto.CheckRequest;
import io.ovation.liveness.proto.LivenessProducer;
import io.ovation.liveness.proto.LivenessQueue;
import io.ovation.metrics.Metrics;
import io.ovation.moderation.BanFilter;
import io.ovation.moderation.hooks.WatchHook;
import io.ovation.packages.PackageVerticle;
import io.ovation.packages.proto.PackagesProducer;
import io.ovation.packages.proto.PackagesQueue;
import io.ovation.queue.Broker;
import io.ovation.queue.Lane;
import io.ovation.queue.Partitions;
import io.ovation.queue.typed.Contract;
import io.ovation.queue.typed.EnqueueOptions;
import io.ovation.region.RegionVerticle;
import io.ovation.stage.StreamSubscriptions;
import io.ovation.stage.SubmissionService;
import io.ovation.store.StoreClock;
import io.ovation.supervise.SupervisorVerticle;
import io.ovation.wire.Codecs;
import io.vertx.core.Deployable;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/** Creates and deploys the verticles of the node's roles. */
public final class RoleDeployer {
  /** The classes that name roles on the command line. */
  public static final Map<String, Role> ROLE_CLASSES =
      Map.of(
          IngressVerticle.class.getName(), Role.INGRESS,
          DispatchVerticle.class.getName(), Role.DISPATCH,
          SupervisorVerticle.class.getName(), Role.SUPERVISE,
          DeliveryVerticle.class.getName(), Role.SUPERVISE,
          LivenessVerticle.class.getName(), Role.LIVENESS,
          PackageVerticle.class.getName(), Role.PACKAGES,
          RegionVerticle.class.getName(), Role.REGION);

  private final Vertx vertx;
  private final Config config;
  private final Metrics metrics;
  private final Cluster cluster;
  private final Backends backends;
  private final HttpServers front;
  private final AccessControl access;
  private final ShutdownSequence shutdown;
  private final PartitionAssignment assignment;
  private final StreamStateClient streamStates;
  private final NodeModeration moderation;
  private final CommentsProducer comments;
  private final StoredIds storedIds;
  private final NodeSubmissions submissions;

  /** For what people read; everything else is judged by the store's clock. */
  private final InstantSource wall = InstantSource.system();

  private final StoreClock storeClock;
  private final NodeDrain drain;
  private final Map<Role, MemoizedFuture> owning = new EnumMap<>(Role.class);

  /** The queues of this node with their lanes. */
  private final Map<String, Set<Lane>> declared = new LinkedHashMap<>();

  private volatile @Nullable DeliveryService viewers;

  /** The constructor of a generated producer. */
  private interface ProducerType<P> {
    P create(Broker broker, Partitions partitions, InstantSource clock, Metrics metrics);
  }

  /**
   * @param storeClock is started before any role
   */
  public RoleDeployer(
      Vertx vertx,
      Config config,
      Metrics metrics,
      Cluster cluster,
      Backends backends,
      StoreClock storeClock,
      HttpServers front,
      AccessControl access,
      ShutdownSequence shutdown) {
    this.vertx = vertx;
    this.config = config;
    this.metrics = metrics;
    this.cluster = cluster;
    this.backends = backends;
    this.front = front;
    this.access = access;
    this.shutdown = shutdown;
    this.drain = new NodeDrain(cluster, config.drain().period());
    this.assignment = new PartitionAssignment(cluster, new Partitions(config.partitions()));
    this.streamStates = new StreamStateClient(vertx, assignment);
    this.storeClock = storeClock;
    this.comments = producer(CommentsProducer::new);
    this.storedIds = new StoredIds(vertx, backends.store(), assignment.partitions());
    this.moderation =
        new NodeModeration(
            vertx,
            config,
            comments,
            backends.store(),
            assignment.partitions(),
            storedIds,
            regions().table(),
            backends.events(),
            wall,
            storeClock,
            metrics);
    this.submissions = submissions();
  }

  private <P> P producer(ProducerType<P> type) {
    return type.create(backends.broker(), assignment.partitions(), storeClock, metrics);
  }

  private NodeSubmissions submissions() {
    CommentsProducer queue = comments;
    LiveOnlyGate gate = new LiveOnlyGate(streamStates::state, () -> System.nanoTime() / 1_000_000);
    boolean liveOnly = config.liveness().onlyLiveComments();
    Function<CommentRequest, Future<String>> take = queue::enqueueComment;
    Function<StreamEvent, Future<String>> hold = queue::enqueuePublish;
    CommentService service =
        new CommentService(
            liveOnly ? gate.guard(CommentRequest::getStream, take) : take,
            liveOnly ? gate.guard(StreamEvent::getStream, hold) : hold,
            moderation.rules,
            storedIds::hasOther,
            config.ingress(),
            config.region(),
            wall,
            metrics);
    ReactionsProducer producer = producer(ReactionsProducer::new);
    // All of a batch's streams are of one partition.
    Function<ReactionBatch, EnqueueOptions> keyed =
        batch -> EnqueueOptions.none().withKey(batch.getStreams(0).getStream());
    ReactionService reactions =
        new ReactionService(
            vertx,
            batch -> producer.enqueueReact(batch, keyed.apply(batch)),
            assignment.partitions(),
            config.reactions(),
            config.region(),
            service::pressed,
            storeClock,
            metrics);
    return new NodeSubmissions(service, reactions);
  }

  /**
   * Supervise is deployed first, so that dispatched events find viewers, and ingress last. Stopping
   * drains the viewers, then takes the reverse order: first no more requests, then no more events.
   */
  public Future<Void> deploy(Set<Role> roles) {
    Codecs.register(vertx.eventBus());
    Future<Void> done =
        declare(CommentsQueue.contract())
            .compose(v -> declare(ReactionsQueue.contract()))
            .compose(v -> declare(LivenessQueue.contract()))
            .compose(v -> declare(PackagesQueue.contract()))
            .compose(v -> regions().refuseOwnBroker(roles))
            .compose(v -> regions().declareOutboxes(roles))
            .compose(v -> moderation.start())
            .compose(v -> storeClock.start(vertx));
    if (roles.contains(Role.SUPERVISE)) {
      int kept = config.history().events();
      SupervisorVerticle supervisor =
          new SupervisorVerticle(
              config.supervise(),
              kept,
              cluster,
              assignment,
              backends.store(),
              moderation.table,
              metrics);
      done =
          done.compose(v -> deploy(Role.SUPERVISE, supervisor)).compose(v -> deliver(supervisor));
    }
    if (roles.contains(Role.DISPATCH)) {
      done = done.compose(v -> deploy(Role.DISPATCH, dispatcher()));
    }
    if (roles.contains(Role.LIVENESS)) {
      done = done.compose(v -> deploy(Role.LIVENESS, checker()));
    }
    if (roles.contains(Role.PACKAGES)) {
      done = done.compose(v -> packages().worker()).compose(it -> deploy(Role.PACKAGES, it));
    }
    if (regions().neededBy(roles)) {
      done = done.compose(v -> deploy(Role.REGION, regions().forwarder()));
    }
    if (!roles.contains(Role.DISPATCH)
        && (roles.contains(Role.INGRESS) || roles.contains(Role.SUPERVISE))) {
      done =
          done.onSuccess(
              v -> OrphanedQueues.watch(vertx, cluster, assignment, backends.broker(), metrics));
    }
    if (roles.contains(Role.SUPERVISE) && !roles.contains(Role.INGRESS)) {
      // Viewers' streams have the same path, and not every proxy routes by method.
      done = done.compose(v -> front.mount(moderation.hostEvents(access)));
    }
    if (roles.contains(Role.INGRESS)) {
      done = done.compose(v -> deploy(Role.INGRESS, ingress()));
      done = done.compose(v -> cluster.announceRole(Role.INGRESS));
    }
    done = done.onSuccess(v -> backlog().start(vertx));
    // The files are read from the jar, which takes a few milliseconds.
    return done.onSuccess(
            v -> shutdown.add("the departure", drain.limit(), () -> drain.begin(viewers, owning)))
        .compose(v -> vertx.executeBlocking(WebFiles::new, false))
        .compose(front::mount);
  }

  private BacklogPoller backlog() {
    return BacklogPoller.of(
        cluster, backends.broker(), declared, assignment.partitions().count(), storeClock, metrics);
  }

  private Future<Void> declare(Contract queue) {
    declared.put(queue.queue(), queue.lanes());
    return backends.broker().declare(queue.queue(), queue.lanes(), assignment.partitions().count());
  }

  private Future<Void> deploy(Role role, Deployable verticle) {
    return vertx
        .deployVerticle(verticle)
        .onSuccess(
            id -> {
              MemoizedFuture stop = new MemoizedFuture(() -> vertx.undeploy(id));
              shutdown.add("the role " + role.text(), stop);
              if (role == Role.DISPATCH || role == Role.PACKAGES) {
                owning.put(role, stop);
              }
            })
        .mapEmpty();
  }

  private Future<Void> deliver(SupervisorVerticle supervisor) {
    StreamSubscriptions streams = supervisor.subscriptions();
    DeliveryService delivery =
        new DeliveryService(
            streams,
            submissions,
            access,
            WatchHook.of(vertx, config.hooks(), storeClock, metrics),
            config.viewer(),
            config.region(),
            metrics);
    return delivery
        .deploy(vertx)
        .compose(v -> front.mount(delivery))
        .onSuccess(
            v -> {
              viewers = delivery;
              shutdown.add("the viewers", () -> delivery.undeploy(vertx));
            });
  }

  /**
   * Drains this node while it goes on running: for operators. Any thread.
   *
   * @return false, without effect, if it has viewers that no other node could take
   */
  public boolean drain() {
    if (viewers != null && !drain.others(Role.SUPERVISE)) {
      return false;
    }
    drain.begin(viewers, owning);
    return true;
  }

  public boolean draining() {
    return drain.begun();
  }

  /** The moderators' routes, for operators: on every stream, and by no token of their own. */
  public List<Routes> operatorsModeration(AccessControl operators) {
    return moderation.routes(operators);
  }

  public SubmissionService submissionService() {
    return submissions;
  }

  /** Ends the drain at once. Any thread. */
  public void hurry() {
    drain.hurry();
  }

  private Deployable dispatcher() {
    return new DispatchVerticle(
        config.dispatch(),
        config.reactions(),
        config.supervise().viewersInterval(),
        cluster,
        assignment,
        backends.broker(),
        backends.store(),
        new ObjectStreamNames(config.liveness().streamPrefix()),
        regions().names(),
        BanFilter.of(moderation.table),
        backends.events(),
        storeClock,
        wall,
        metrics);
  }

  private RegionWiring regions() {
    return new RegionWiring(vertx, config, backends.broker(), backends.store(), cluster, metrics);
  }

  private Deployable checker() {
    return new LivenessVerticle(
        config.liveness(),
        cluster,
        new PartitionAssignment(cluster, assignment.partitions(), Role.LIVENESS),
        assignment,
        backends.broker(),
        backends.store(),
        storeClock,
        metrics);
  }

  private Deployable ingress() {
    List<Routes> routes = new ArrayList<>(List.of(livenessRoutes(), packages().routes(access)));
    routes.addAll(moderation.routes(access));
    return new IngressVerticle(
        front,
        submissions,
        streamStates::state,
        new HistoryRoute(backends.store(), assignment.partitions()),
        moderation.table::settings,
        access,
        routes);
  }

  private Routes livenessRoutes() {
    LivenessProducer producer = producer(LivenessProducer::new);
    Config.Liveness liveness = config.liveness();
    boolean neverChecked = cluster instanceof SingleNodeCluster && liveness.origin().isEmpty();
    LongFunction<Future<?>> enqueue =
        object -> producer.enqueueCheck(CheckRequest.newBuilder().setObject(object).build());
    return new LivenessRoutes(
        new CallbackService(vertx, enqueue, liveness, neverChecked, metrics),
        backends.store().sightings(),
        access);
  }

  private PackageWiring packages() {
    PackagesProducer producer = producer(PackagesProducer::new);
    return new PackageWiring(
        vertx, config.packages(), backends, producer, cluster, assignment, storeClock, metrics);
  }
}
