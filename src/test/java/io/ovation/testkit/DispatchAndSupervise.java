package io.ovation.testkit;

import io.ovation.cluster.Cluster;
import io.ovation.cluster.ObjectStreamNames;
import io.ovation.cluster.PartitionAssignment;
import io.ovation.cluster.Role;
import io.ovation.cluster.SingleNodeCluster;
import io.ovation.config.Config;
import io.ovation.dispatch.DispatchVerticle;
import io.ovation.dispatch.RegionNames;
import io.ovation.live.proto.CommentRequest;
import io.ovation.live.proto.CommentsProducer;
import io.ovation.live.proto.ReactionBatch;
import io.ovation.live.proto.ReactionsProducer;
import io.ovation.live.proto.StreamEvent;
import io.ovation.metrics.Metrics;
import io.ovation.moderation.BanFilter;
import io.ovation.moderation.ModerationTable;
import io.ovation.queue.Broker;
import io.ovation.queue.EventPublisher;
import io.ovation.queue.Partitions;
import io.ovation.queue.typed.EnqueueOptions;
import io.ovation.stage.StreamSubscriptions;
import io.ovation.store.Store;
import io.ovation.store.StoreClock;
import io.ovation.supervise.SupervisorVerticle;
import io.ovation.wire.Codecs;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.time.InstantSource;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A dispatcher and a supervisor in this process, without HTTP: items in, calls of shards out. */
public final class DispatchAndSupervise implements AutoCloseable {
  public static final Config.Dispatch DISPATCH =
      new Config.Dispatch(0, 500, 100, 8, Duration.ofSeconds(2), Duration.ofSeconds(2));
  public static final Config.Supervise SUPERVISE =
      new Config.Supervise(
          Duration.ofSeconds(1), 64, Duration.ofSeconds(5), Duration.ofMillis(100));

  public static final Config.Reactions REACTIONS =
      new Config.Reactions(List.of("like", "wow"), 100, Duration.ofMillis(100), Duration.ofDays(1));

  private final Vertx vertx;
  private final Metrics metrics = new Metrics();
  private final Partitions partitions = new Partitions(4);
  private final StreamSubscriptions subscriptions;
  private final CommentsProducer producer;
  private final ReactionsProducer reactions;
  private final Broker broker;
  private final Store store;
  private final Cluster cluster;
  public final ModerationTable moderation;
  private final PartitionAssignment assignment;
  private String dispatcher = "";

  public DispatchAndSupervise(Vertx vertx, Broker broker, Store store) {
    this.vertx = vertx;
    this.broker = broker;
    this.store = store;
    Codecs.register(vertx.eventBus());
    cluster = new SingleNodeCluster("n1", EnumSet.allOf(Role.class));
    assignment = new PartitionAssignment(cluster, partitions);
    producer = new CommentsProducer(broker, partitions, InstantSource.system(), metrics);
    reactions = new ReactionsProducer(broker, partitions, InstantSource.system(), metrics);
    moderation = new ModerationTable(vertx, store.table(), System::nanoTime, metrics);
    SupervisorVerticle supervisor =
        new SupervisorVerticle(SUPERVISE, 1_000, cluster, assignment, store, moderation, metrics);
    await(vertx.deployVerticle(supervisor));
    subscriptions = supervisor.subscriptions();
    startDispatcher(metrics);
  }

  private void startDispatcher(Metrics counted) {
    dispatcher =
        await(
            vertx.deployVerticle(
                new DispatchVerticle(
                    DISPATCH,
                    REACTIONS,
                    SUPERVISE.viewersInterval(),
                    cluster,
                    assignment,
                    broker,
                    store,
                    new ObjectStreamNames(""),
                    new RegionNames("local", List.of()),
                    BanFilter.of(moderation),
                    new EventPublisher(
                        vertx, null, Duration.ofSeconds(1), System::nanoTime, counted),
                    new StoreClock(store, InstantSource.system(), System::nanoTime, counted),
                    InstantSource.system(),
                    counted)));
  }

  public StreamSubscriptions subscriptions() {
    return subscriptions;
  }

  public Metrics metrics() {
    return metrics;
  }

  public int partition(String stream) {
    return partitions.of(stream);
  }

  /** Durable when this returns. */
  public void post(String stream, String user, String id) {
    await(enqueue(stream, user, id));
  }

  public Future<String> enqueue(String stream, String user, String id) {
    return producer.enqueueComment(
        CommentRequest.newBuilder()
            .setStream(stream)
            .setUser(user)
            .setText("text of " + id)
            .setId(id)
            .setAtMs(System.currentTimeMillis())
            .build());
  }

  /** Durable when this returns. */
  public void post(CommentRequest comment) {
    await(producer.enqueueComment(comment));
  }

  /** Durable when this returns. */
  public void publish(StreamEvent event) {
    await(producer.enqueuePublish(event));
  }

  /** Durable when this returns; all its streams belong to one partition. */
  public void react(ReactionBatch batch) {
    String key = batch.getStreams(0).getStream();
    await(reactions.enqueueReact(batch, EnqueueOptions.none().withKey(key)));
  }

  /** The dispatcher ends and another takes over what it left. */
  public void replaceDispatcher() {
    await(vertx.undeploy(dispatcher));
    startDispatcher(new Metrics());
  }

  public static <T> T await(Future<T> future) {
    try {
      return future.toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() {
    await(vertx.close());
  }
}
