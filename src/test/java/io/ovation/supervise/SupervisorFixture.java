package io.ovation.supervise;

import com.google.protobuf.ByteString;
import io.ovation.cluster.PartitionAssignment;
import io.ovation.cluster.UserAssignment;
import io.ovation.config.Config;
import io.ovation.metrics.Metrics;
import io.ovation.queue.Partitions;
import io.ovation.store.ScriptedStore;
import io.ovation.store.Store.History;
import io.ovation.store.Store.Kept;
import io.ovation.supervise.history.GapFiller;
import io.ovation.supervise.history.Replayer;
import io.ovation.supervise.watch.NodeWatchReporter;
import io.ovation.supervise.watch.UserWatchRegistry;
import io.ovation.testkit.FakeCluster;
import io.ovation.testkit.RecordingShard;
import io.ovation.testkit.VirtualVertx;
import io.ovation.wire.proto.Event;
import io.ovation.wire.proto.EventBatch;
import io.ovation.wire.proto.Register;
import io.ovation.wire.proto.Registered;
import io.ovation.wire.proto.Segment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;

/** A supervisor of one partition in virtual time, between a scripted store and one shard. */
public final class SupervisorFixture {
  static final Config.Supervise CONFIG =
      new Config.Supervise(
          Duration.ofSeconds(1), 64, Duration.ofSeconds(5), Duration.ofMillis(100));

  final VirtualVertx virtual = new VirtualVertx();
  final FakeCluster cluster = new FakeCluster("here").setMembers("owner");
  final ScriptedStore store = new ScriptedStore();
  final RecordingShard shard = new RecordingShard();
  final List<Object> replies = new ArrayList<>();
  final Metrics metrics = new Metrics();
  final ViewerCountReporter counts;
  final LocalStreams table;
  final SupervisorSubscriptions requests;
  final SupervisorMessageHandler handler;

  SupervisorFixture() {
    SupervisorContext context = context(virtual, cluster, metrics);
    UserAssignment userAssignment = new UserAssignment(cluster);
    NodeWatchReporter watches = new NodeWatchReporter(context, userAssignment);
    GapFiller gapFiller = new GapFiller(context, store);
    Replayer replayer = new Replayer(context, store, 1_000);
    counts = new ViewerCountReporter(context);
    table = new LocalStreams(context, CONFIG, gapFiller, counts);
    requests =
        new SupervisorSubscriptions(
            virtual.context(), table, counts, replayer, watches, context.assignment());
    UserWatchRegistry users = new UserWatchRegistry(context, userAssignment);
    handler = new SupervisorMessageHandler(context, table, gapFiller, watches, users);
  }

  /** Of one partition. */
  public static SupervisorContext context(
      VirtualVertx virtual, FakeCluster cluster, Metrics metrics) {
    return new SupervisorContext(
        virtual.vertx(),
        virtual.context(),
        cluster,
        new PartitionAssignment(cluster, new Partitions(1)),
        new SupervisorMetrics(metrics),
        virtual::nanoTime);
  }

  /** Opens a stream whose last offset is {@code last}. */
  void open(String stream, long last) {
    requests.subscribe(stream, shard);
    register(last);
  }

  /** The owner's answer to a registration of one stream. */
  void register(long last) {
    virtual.next(Register.class).answer(Registered.newBuilder().addLast(last).build());
  }

  void receive(Object message) {
    handler.handle(VirtualVertx.message(message, replies));
  }

  static EventBatch batch(long epoch, long number, Segment... segments) {
    return EventBatch.newBuilder()
        .setEpoch(epoch)
        .setNumber(number)
        .addAllSegments(List.of(segments))
        .build();
  }

  static Segment segment(String stream, long previous, long... offsets) {
    Segment.Builder segment = Segment.newBuilder().setStream(stream).setPrevious(previous);
    for (long offset : offsets) {
      segment.addEvents(
          Event.newBuilder()
              .setOffset(offset)
              .setUser("u")
              .setId("id" + offset)
              .setJson(ByteString.copyFromUtf8("{}")));
    }
    return segment.build();
  }

  /** A page of history with these offsets. */
  static History page(long... offsets) {
    return new History(
        LongStream.of(offsets)
            .mapToObj(o -> new Kept(o, o, "u", "id" + o, "{\"offset\":".getBytes()))
            .toList(),
        true,
        false);
  }

  List<Long> delivered() {
    return shard.all(RecordingShard.Delivered.class).stream()
        .map(RecordingShard.Delivered::offset)
        .toList();
  }

  List<RecordingShard.Lost> gaps() {
    return shard.all(RecordingShard.Lost.class);
  }
}
