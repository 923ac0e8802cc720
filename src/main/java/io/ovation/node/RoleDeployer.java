package io.ovation.node;

import io.ovation.async.MemoizedFuture;
import io.ovation.cluster.Cluster;
import io.ovation.cluster.ObjectStreamNames;
import io.ovation.cluster.PartitionAssignment;
import io.ovation.cluster.Role;
import io.ovation.cluster.SingleNodeCluster;
import io.ovation.cluster.StreamStateClient;
import io.ovation.config.Config;
import io.ovation.deliver.DeliveryService;
import io.ovation.dispatch.DispatchVerticle;
import io.ovation.http.RouteRegistry;
import io.ovation.http.Routes;
import io.ovation.http.WebFiles;
import io.ovation.ingress.CommentService;
import io.ovation.ingress.IngressVerticle;
import io.ovation.ingress.LiveOnlyGate;
import io.ovation.ingress.ReactionService;
import io.ovation.live.proto.CommentRequest;
import io.ovation.live.proto.CommentsProducer;
import io.ovation.live.proto.CommentsQueue;
import io.ovation.live.proto.ReactionsProducer;
import io.ovation.live.proto.ReactionsQueue;
import io.ovation.liveness.CallbackService;
import io.ovation.liveness.LivenessRoutes;
import io.ovation.liveness.LivenessVerticle;
import io.ovation.liveness.proto.CheckRequest;
import io.ovation.liveness.proto.LivenessProducer;
import io.ovation.liveness.proto.LivenessQueue;
import io.ovation.metrics.Metrics;
import io.ovation.packages.PackageHandler;
import io.ovation.packages.PackageRoutes;
import io.ovation.packages.PackageService;
import io.ovation.packages.PackageVerticle;
import io.ovation.packages.proto.PackagesProducer;
import io.ovation.packages.proto.PackagesQueue;
import io.ovation.queue.Partitions;
import io.ovation.queue.typed.Contract;
import io.ovation.queue.typed.EnqueueOptions;
import io.ovation.supervise.SupervisorVerticle;
import io.ovation.wire.Codecs;
import io.vertx.core.Deployable;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Creates and deploys the verticles of the node's roles. */
public final class RoleDeployer {
  private final Vertx vertx;
  private final Config config;
  private final Metrics metrics;
  private final Cluster cluster;
  private final Backends backends;
  private final RouteRegistry front;
  private final ShutdownSequence shutdown;
  private final PartitionAssignment assignment;
  private final StreamStateClient streamStates;
  private final IngressVerticle.Submissions submissions;
  private final NodeDrain drain;
  private final List<NodeDrain.Handover> owning = new ArrayList<>();
  private volatile @Nullable DeliveryService viewers;

  public RoleDeployer(
      Vertx vertx,
      Config config,
      Metrics metrics,
      Cluster cluster,
      Backends backends,
      RouteRegistry front,
      ShutdownSequence shutdown) {
    this.vertx = vertx;
    this.config = config;
    this.metrics = metrics;
    this.cluster = cluster;
    this.backends = backends;
    this.front = front;
    this.shutdown = shutdown;
    this.drain = new NodeDrain(cluster, config.drain().period());
    this.assignment = new PartitionAssignment(cluster, new Partitions(config.partitions()));
    this.streamStates = new StreamStateClient(vertx, assignment);
    CommentsProducer comments =
        new CommentsProducer(
            backends.broker(), assignment.partitions(), InstantSource.system(), metrics);
    this.submissions =
        submissions(
            config.liveness().onlyLiveComments()
                ? onlyLive(streamStates, comments)
                : comments::enqueueComment);
  }

  private IngressVerticle.Submissions submissions(
      Function<CommentRequest, Future<String>> enqueue) {
    CommentService comments =
        new CommentService(
            enqueue, config.ingress(), config.region(), InstantSource.system(), metrics);
    ReactionsProducer producer =
        new ReactionsProducer(
            backends.broker(), assignment.partitions(), InstantSource.system(), metrics);
    ReactionService reactions =
        new ReactionService(
            vertx,
            // All of its streams are of one partition.
            batch ->
                producer.enqueueReact(
                    batch, EnqueueOptions.none().withKey(batch.getStreams(0).getStream())),
            assignment.partitions(),
            config.reactions(),
            config.region(),
            comments::pressed,
            InstantSource.system(),
            metrics);
    return new IngressVerticle.Submissions(comments, reactions);
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
            .compose(v -> declare(PackagesQueue.contract()));
    if (roles.contains(Role.SUPERVISE)) {
      SupervisorVerticle supervisor = supervisor();
      done = done.compose(v -> deploy(Role.SUPERVISE, supervisor));
      done = done.compose(v -> deliver(supervisor));
    }
    if (roles.contains(Role.DISPATCH)) {
      done = done.compose(v -> deploy(Role.DISPATCH, dispatcher()));
    }
    if (roles.contains(Role.LIVENESS)) {
      done = done.compose(v -> deploy(Role.LIVENESS, checker()));
    }
    if (roles.contains(Role.PACKAGES)) {
      done = done.compose(v -> packageWorker()).compose(it -> deploy(Role.PACKAGES, it));
    }
    if (roles.contains(Role.INGRESS)) {
      done = done.compose(v -> deploy(Role.INGRESS, ingress()));
      done = done.compose(v -> cluster.announceRole(Role.INGRESS));
    }
    done =
        done.onSuccess(
            v -> shutdown.add("the departure", drain.limit(), () -> drain.begin(viewers, owning)));
    // Reads files, which takes a few milliseconds.
    return done.compose(v -> vertx.executeBlocking(WebFiles::new, false)).compose(front::mount);
  }

  private Future<Void> declare(Contract queue) {
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
                owning.add(new NodeDrain.Handover(role, stop));
              }
            })
        .mapEmpty();
  }

  private SupervisorVerticle supervisor() {
    return new SupervisorVerticle(
        config.supervise(),
        config.history().events(),
        cluster,
        assignment,
        backends.store(),
        metrics);
  }

  private Future<Void> deliver(SupervisorVerticle supervisor) {
    DeliveryService delivery =
        new DeliveryService(
            supervisor.subscriptions(), submissions, config.viewer(), config.region(), metrics);
    return delivery
        .deploy(vertx)
        .compose(v -> front.mount(delivery))
        .onSuccess(
            v -> {
              viewers = delivery;
              shutdown.add("the viewers", () -> delivery.undeploy(vertx));
            });
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
        InstantSource.system(),
        metrics);
  }

  private Deployable checker() {
    return new LivenessVerticle(
        config.liveness(),
        cluster,
        new PartitionAssignment(cluster, assignment.partitions(), Role.LIVENESS),
        assignment,
        backends.broker(),
        backends.store(),
        metrics);
  }

  private Deployable ingress() {
    return new IngressVerticle(
        front,
        config.http(),
        submissions,
        streamStates::state,
        List.of(livenessRoutes(), packageRoutes()));
  }

  private Routes livenessRoutes() {
    LivenessProducer producer =
        new LivenessProducer(
            backends.broker(), assignment.partitions(), InstantSource.system(), metrics);
    boolean neverChecked =
        cluster instanceof SingleNodeCluster && config.liveness().origin().isEmpty();
    CallbackService callbacks =
        new CallbackService(
            vertx,
            object -> producer.enqueueCheck(CheckRequest.newBuilder().setObject(object).build()),
            config.liveness(),
            neverChecked,
            metrics);
    return new LivenessRoutes(callbacks, backends.store().sightings(), config.http().bodyLimit());
  }

  private static Function<CommentRequest, Future<String>> onlyLive(
      StreamStateClient streamStates, CommentsProducer comments) {
    LiveOnlyGate liveOnlyGate =
        new LiveOnlyGate(streamStates::state, () -> System.nanoTime() / 1_000_000);
    return request ->
        liveOnlyGate.admit(request.getStream()).compose(v -> comments.enqueueComment(request));
  }

  private Routes packageRoutes() {
    PackagesProducer producer =
        new PackagesProducer(
            backends.broker(), assignment.partitions(), InstantSource.system(), metrics);
    PackageService packages =
        new PackageService(
            backends.store(),
            (request, lane) ->
                producer.enqueueProcess(request, EnqueueOptions.none().withLane(lane)),
            config.packages(),
            InstantSource.system(),
            metrics);
    return new PackageRoutes(packages, config.http().bodyLimit());
  }

  private Future<Deployable> packageWorker() {
    PartitionAssignment workers =
        new PartitionAssignment(cluster, assignment.partitions(), Role.PACKAGES);
    // Constructors of other people's classes may block.
    return vertx
        .executeBlocking(
            () -> ServiceLoader.load(PackageHandler.class).stream().map(p -> p.get()).toList(),
            false)
        .map(
            handlers ->
                new PackageVerticle(
                    config.packages(),
                    cluster,
                    workers,
                    backends.broker(),
                    backends.store(),
                    handlers,
                    metrics));
  }
}
