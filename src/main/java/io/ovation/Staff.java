package io.ovation;

import io.ovation.bus.Cluster;
import io.ovation.bus.Codecs;
import io.ovation.bus.Desk;
import io.ovation.bus.LoneCluster;
import io.ovation.bus.ObjectStreams;
import io.ovation.bus.Owners;
import io.ovation.bus.Role;
import io.ovation.bus.StreamDirectory;
import io.ovation.config.Config;
import io.ovation.deliver.ViewerRoutes;
import io.ovation.dispatch.DispatchVerticle;
import io.ovation.http.Front;
import io.ovation.http.Routes;
import io.ovation.http.WebFiles;
import io.ovation.ingress.CommentIntake;
import io.ovation.ingress.IngressVerticle;
import io.ovation.ingress.LiveIntake;
import io.ovation.ingress.LiveOnly;
import io.ovation.ingress.ReactionIntake;
import io.ovation.live.proto.CommentRequest;
import io.ovation.live.proto.CommentsProducer;
import io.ovation.live.proto.CommentsQueue;
import io.ovation.live.proto.ReactionsProducer;
import io.ovation.live.proto.ReactionsQueue;
import io.ovation.liveness.CallbackIntake;
import io.ovation.liveness.CallbackMeters;
import io.ovation.liveness.LivenessRoutes;
import io.ovation.liveness.LivenessVerticle;
import io.ovation.liveness.proto.CheckRequest;
import io.ovation.liveness.proto.LivenessProducer;
import io.ovation.liveness.proto.LivenessQueue;
import io.ovation.metrics.Metrics;
import io.ovation.packages.IntakeMeters;
import io.ovation.packages.PackageHandler;
import io.ovation.packages.PackageIntake;
import io.ovation.packages.PackageRoutes;
import io.ovation.packages.PackageVerticle;
import io.ovation.packages.proto.PackagesProducer;
import io.ovation.packages.proto.PackagesQueue;
import io.ovation.queue.Partitions;
import io.ovation.queue.typed.Contract;
import io.ovation.queue.typed.EnqueueOptions;
import io.ovation.supervise.SupervisorVerticle;
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

/** Makes the roles' verticles and deploys those that this node has. */
final class Staff {
  private final Vertx vertx;
  private final Config config;
  private final Metrics metrics;
  private final Cluster cluster;
  private final Backends backends;
  private final Front front;
  private final Parts parts;
  private final Owners owners;
  private final StreamDirectory directory;
  private final LiveIntake intake;
  private final Departure departure;
  private final List<Departure.Handover> owning = new ArrayList<>();
  private volatile @Nullable ViewerRoutes viewers;

  Staff(
      Vertx vertx,
      Config config,
      Metrics metrics,
      Cluster cluster,
      Backends backends,
      Front front,
      Parts parts) {
    this.vertx = vertx;
    this.config = config;
    this.metrics = metrics;
    this.cluster = cluster;
    this.backends = backends;
    this.front = front;
    this.parts = parts;
    this.departure = new Departure(cluster, config.drain().period());
    this.owners = new Owners(cluster, new Partitions(config.partitions()));
    this.directory = new StreamDirectory(vertx, owners);
    CommentsProducer comments =
        new CommentsProducer(
            backends.broker(), owners.partitions(), InstantSource.system(), metrics);
    this.intake =
        intake(
            config.liveness().onlyLiveComments()
                ? onlyLive(directory, comments)
                : comments::enqueueComment);
  }

  private LiveIntake intake(Function<CommentRequest, Future<String>> enqueue) {
    CommentIntake comments =
        new CommentIntake(
            enqueue, config.ingress(), config.region(), InstantSource.system(), metrics);
    ReactionsProducer producer =
        new ReactionsProducer(
            backends.broker(), owners.partitions(), InstantSource.system(), metrics);
    ReactionIntake reactions =
        new ReactionIntake(
            vertx,
            // Any of its streams names the partition.
            batch ->
                producer.enqueueReact(
                    batch, EnqueueOptions.none().withKey(batch.getStreams(0).getStream())),
            owners.partitions(),
            config.reactions(),
            config.region(),
            comments::pressed,
            InstantSource.system(),
            metrics);
    return new LiveIntake(comments, reactions);
  }

  /**
   * Viewers' nodes first, so that what is dispatched finds them; requests last. Stopping goes the
   * other way, once the viewers have been sent elsewhere: no more requests, no more events.
   */
  Future<Void> deploy(Set<Role> roles) {
    Codecs.register(vertx.eventBus());
    Future<Void> done =
        declare(CommentsQueue.contract())
            .compose(v -> declare(ReactionsQueue.contract()))
            .compose(v -> declare(LivenessQueue.contract()))
            .compose(v -> declare(PackagesQueue.contract()));
    if (roles.contains(Role.SUPERVISE)) {
      done = done.compose(v -> deploy(Role.SUPERVISE, supervisor()));
      done = done.onSuccess(v -> parts.add("the viewers", this::disconnectViewers));
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
      done = done.compose(v -> cluster.takeUp(Role.INGRESS));
    }
    done =
        done.onSuccess(
            v ->
                parts.add(
                    "the departure", departure.limit(), () -> departure.begin(viewers, owning)));
    // Reading them takes a few milliseconds of disk.
    return done.compose(v -> vertx.executeBlocking(WebFiles::new, false)).compose(front::mount);
  }

  private Future<Void> declare(Contract queue) {
    return backends.broker().declare(queue.queue(), queue.lanes(), owners.partitions().count());
  }

  private Future<Void> deploy(Role role, Deployable verticle) {
    return vertx
        .deployVerticle(verticle)
        .onSuccess(
            id -> {
              Once stop = new Once(() -> vertx.undeploy(id));
              parts.add("the role " + role.text(), stop);
              if (role == Role.DISPATCH || role == Role.PACKAGES) {
                owning.add(new Departure.Handover(role, stop));
              }
            })
        .mapEmpty();
  }

  private Deployable supervisor() {
    return new SupervisorVerticle(
        config.supervise(),
        config.history().events(),
        cluster,
        owners,
        backends.store(),
        front,
        this::viewerRoutes,
        metrics);
  }

  private Routes viewerRoutes(Desk desk) {
    viewers = new ViewerRoutes(desk, intake, config.viewer(), config.region(), metrics);
    return viewers;
  }

  /** Whoever stops the node does not want to wait any more. Any thread. */
  void hurry() {
    departure.hurry();
  }

  private Future<Void> disconnectViewers() {
    if (viewers != null) {
      viewers.close();
    }
    return Future.succeededFuture();
  }

  private Deployable dispatcher() {
    return new DispatchVerticle(
        config.dispatch(),
        config.reactions(),
        config.supervise().viewersInterval(),
        cluster,
        owners,
        backends.broker(),
        backends.store(),
        new ObjectStreams(config.liveness().streamPrefix()),
        metrics);
  }

  private Deployable checker() {
    return new LivenessVerticle(
        config.liveness(),
        cluster,
        new Owners(cluster, owners.partitions(), Role.LIVENESS),
        owners,
        backends.broker(),
        backends.store(),
        metrics);
  }

  private Deployable ingress() {
    return new IngressVerticle(
        front, config.http(), intake, directory::state, List.of(livenessRoutes(), packageRoutes()));
  }

  private Routes livenessRoutes() {
    LivenessProducer producer =
        new LivenessProducer(
            backends.broker(), owners.partitions(), InstantSource.system(), metrics);
    boolean nobody = cluster instanceof LoneCluster && config.liveness().origin().isEmpty();
    CallbackIntake callbacks =
        new CallbackIntake(
            vertx,
            object -> producer.enqueueCheck(CheckRequest.newBuilder().setObject(object).build()),
            config.liveness(),
            nobody,
            new CallbackMeters(metrics));
    return new LivenessRoutes(callbacks, backends.store().sightings(), config.http().bodyLimit());
  }

  private static Function<CommentRequest, Future<String>> onlyLive(
      StreamDirectory directory, CommentsProducer comments) {
    LiveOnly liveOnly = new LiveOnly(directory::state, () -> System.nanoTime() / 1_000_000);
    return request ->
        liveOnly.admit(request.getStream()).compose(v -> comments.enqueueComment(request));
  }

  private Routes packageRoutes() {
    PackagesProducer producer =
        new PackagesProducer(
            backends.broker(), owners.partitions(), InstantSource.system(), metrics);
    PackageIntake packages =
        new PackageIntake(
            backends.store(),
            PackageIntake.Enqueue.with(producer),
            config.packages(),
            InstantSource.system(),
            new IntakeMeters(metrics));
    return new PackageRoutes(packages, config.http().bodyLimit());
  }

  private Future<Deployable> packageWorker() {
    Owners workers = new Owners(cluster, owners.partitions(), Role.PACKAGES);
    // Strangers' classes may read files.
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
