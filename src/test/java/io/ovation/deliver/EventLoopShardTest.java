package io.ovation.deliver;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.util.concurrent.MockTicker;
import io.netty.util.concurrent.Ticker;
import io.ovation.auth.AccessControl;
import io.ovation.auth.Caller;
import io.ovation.deliver.lifecycle.ShardConnections;
import io.ovation.deliver.protocol.ClientMessage;
import io.ovation.stage.StreamSubscriptions;
import io.ovation.stage.ViewerShard;
import io.ovation.wire.proto.Event;
import io.ovation.wire.proto.StateUpdate;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A shard on an event loop that is driven by hand, with its own time. */
class EventLoopShardTest {
  private final MockTicker ticker = Ticker.newMockTicker();
  private final EmbeddedChannel channel = EmbeddedChannel.builder().ticker(ticker).build();
  private final Supervisor supervisor = new Supervisor();
  private final Promise<Caller> hook = Promise.promise();
  private final DeliveryMetrics metrics = FakeViewer.metrics();
  private final EventLoopShard shard =
      new EventLoopShard(
          channel.eventLoop(),
          supervisor,
          this::messages,
          FakeViewer.settings(100, 1_000, 10_000),
          metrics,
          new AtomicLong());

  private ViewerMessageHandler messages(EventLoopShard shard) {
    return new ViewerMessageHandler(
        shard,
        new FakeSubmissions(),
        AccessControl.onTrust(),
        (caller, stream, user, traceparent) -> hook.future(),
        shard.settings,
        metrics);
  }

  /** Records what a shard asks for and reports; it may fail at each report. */
  private static final class Supervisor implements StreamSubscriptions {
    final List<String> subscribed = new ArrayList<>();
    final List<String> unsubscribed = new ArrayList<>();
    final List<Map<String, Integer>> counts = new ArrayList<>();
    final List<WatchChange> watches = new ArrayList<>();
    final List<Object> replays = new ArrayList<>();
    final List<String> recent = new ArrayList<>();
    boolean failing;
    boolean nobodyDispatches;

    @Override
    public void subscribe(String stream, ViewerShard shard) {
      subscribed.add(stream);
    }

    @Override
    public boolean mustWait(String stream) {
      return nobodyDispatches;
    }

    @Override
    public void unsubscribe(String stream, ViewerShard shard) {
      unsubscribed.add(stream);
    }

    @Override
    public void reportViewers(ViewerShard shard, Map<String, Integer> viewers) {
      counts.add(viewers);
    }

    @Override
    public long viewers(String stream) {
      return 0;
    }

    @Override
    public void requestReplay(String stream, long since, ViewerShard shard, Object viewer) {
      replays.add(viewer);
    }

    @Override
    public void requestRecent(String stream, long at, int count, ViewerShard shard, Object viewer) {
      recent.add(at + "/" + count);
      replays.add(viewer);
    }

    @Override
    public void reportWatches(ViewerShard shard, List<WatchChange> changes) {
      if (failing) {
        throw new IllegalStateException("the supervisor fails");
      }
      watches.addAll(changes);
    }
  }

  @Test
  void whoWatchesWhileNobodyDispatchesIsToldAndServedLater() {
    supervisor.nobodyDispatches = true;
    FakeViewer viewer = watching("s");
    assertThat(viewer.sent).hasSize(1);
    assertThat(viewer.sent.get(0)).contains("\"unavailable\"", "dispatches", "retry_after_ms");
    shard.subscribed("s", 7);
    channel.runPendingTasks();
    assertThat(viewer.sent.get(1)).contains("\"watching\"");
  }

  @Test
  void whoLeftWhileAHookWasAskedWatchesNothing() {
    FakeViewer viewer = new FakeViewer(metrics);
    shard.connected(viewer);
    shard.messages.receive(
        viewer, "{\"type\":\"watch\",\"stream\":\"s\",\"user\":\"bob\"}".getBytes(UTF_8));
    shard.disconnected(viewer);
    hook.complete(Caller.ANONYMOUS);
    channel.runPendingTasks();
    assertThat(supervisor.subscribed).isEmpty();
  }

  private FakeViewer watching(String stream) {
    FakeViewer viewer = new FakeViewer(metrics);
    shard.connected(viewer);
    shard.watch(viewer, "bob", new ClientMessage.Watch(stream, "bob", Viewer.FROM_NOW, null, null));
    return viewer;
  }

  private void advance(long ms) {
    for (long passed = 0; passed < ms; passed += ShardConnections.TICK_MS) {
      ticker.advanceMillis(ShardConnections.TICK_MS);
      channel.runPendingTasks();
    }
  }

  @Test
  void aPeriodicTaskThatFailsStopsNeitherItselfNorTheOthers() {
    supervisor.failing = true;
    FakeViewer viewer = watching("s1");
    shard.subscribed("s1", 0);
    advance(1_500);
    assertThat(supervisor.counts).containsExactly(Map.of("s1", 1));
    supervisor.failing = false;
    watching("s1");
    advance(10_500);
    assertThat(supervisor.watches).hasSize(1);
    assertThat(supervisor.counts).hasSize(2);
    assertThat(viewer.pings).isEqualTo(1);
  }

  @Test
  void timeInWhichTheProcessIsSuspendedMakesNobodyStale() {
    FakeViewer viewer = watching("s1");
    shard.subscribed("s1", 0);
    ticker.advanceMillis(600_000);
    advance(1_000);
    assertThat(viewer.closeCode).isNull();
    assertThat(shard.now()).isLessThanOrEqualTo(2_000);
  }

  @Test
  void aRoomIsSubscribedFromItsFirstViewerToItsLast() {
    FakeViewer first = watching("s1");
    FakeViewer second = watching("s1");
    assertThat(supervisor.subscribed).containsExactly("s1");
    shard.subscribed("s1", 7);
    channel.runPendingTasks();
    assertThat(second.sent).singleElement().asString().contains("\"offset\":7");
    shard.disconnected(first);
    assertThat(supervisor.unsubscribed).isEmpty();
    shard.disconnected(second);
    assertThat(supervisor.unsubscribed).containsExactly("s1");
  }

  /** By the next offset, by what one batch may be late, by two hours, by all that JSON holds. */
  @ParameterizedTest
  @ValueSource(longs = {101, 1_000_000, 7_200_000_000L, (1L << 53) - 1})
  void aPositionAheadOfTheStreamIsAnsweredWithItsLastOffsetAndFollowedByWhatComes(long since) {
    FakeViewer viewer = returning("s1", since);
    shard.subscribed("s1", 100);
    channel.runPendingTasks();
    assertThat(viewer.sent).isEmpty();
    replay(100);
    assertThat(viewer.sent).singleElement().asString().contains("\"offset\":100,");
    shard.deliver("s1", List.of(event(101)));
    channel.runPendingTasks();
    assertThat(viewer.sent).hasSize(2).last().asString().contains("101");
  }

  @Test
  void whatAnotherNodeDeliveredBeforeIsNotDeliveredAgain() {
    FakeViewer viewer = returning("s1", 102);
    shard.subscribed("s1", 100);
    shard.deliver("s1", List.of(event(101), event(102), event(103)));
    channel.runPendingTasks();
    assertThat(viewer.sent).isEmpty();
    replay(103, event(103));
    assertThat(viewer.sent).hasSize(2);
    assertThat(viewer.sent.get(0)).contains("\"offset\":102,");
    assertThat(viewer.sent.get(1)).contains("103");
  }

  @Test
  void aViewerAheadOfTheStreamStartsAlsoIfItsBufferIsFullBeforeTheAnswer() {
    FakeViewer viewer = returning("s1", 102);
    shard.subscribed("s1", 100);
    for (long offset = 101; viewer.sent.isEmpty(); offset++) {
      assertThat(offset).isLessThan(100_000);
      shard.deliver("s1", List.of(event(offset)));
      channel.runPendingTasks();
    }
    assertThat(viewer.sent).hasSize(2);
    assertThat(viewer.sent.get(0)).contains("\"offset\":100,");
    assertThat(viewer.sent.get(1)).contains("gap", "\"from\":101");
    replay(100_000);
    assertThat(viewer.sent).hasSize(2);
  }

  /** Answers the shard's last request. */
  private void replay(long to, Event... events) {
    Object request = supervisor.replays.get(supervisor.replays.size() - 1);
    shard.deliverReplay(
        request, new ViewerShard.Replay("s1", null, List.of(events), List.of(), to));
    channel.runPendingTasks();
  }

  private FakeViewer returning(String stream, long since) {
    FakeViewer viewer = new FakeViewer(metrics);
    shard.connected(viewer);
    shard.watch(viewer, "bob", new ClientMessage.Watch(stream, "bob", since, null, null));
    return viewer;
  }

  private static Event event(long offset) {
    ByteString json = ByteString.copyFromUtf8("{\"offset\":" + offset + "}");
    return Event.newBuilder().setOffset(offset).setJson(json).build();
  }

  private FakeViewer joining(String user, int last) {
    FakeViewer viewer = new FakeViewer(metrics);
    shard.connected(viewer);
    ClientMessage.Watch watch =
        new ClientMessage.Watch("s1", user, Viewer.FROM_NOW, null, null, last);
    shard.watch(viewer, user, watch);
    return viewer;
  }

  @Test
  void whoAsksForTheLastCommentsReceivesThemThenWhatFollows() {
    FakeViewer viewer = joining("bob", 2);
    shard.subscribed("s1", 7);
    channel.runPendingTasks();
    assertThat(supervisor.recent).containsExactly("7/2");
    assertThat(viewer.sent).singleElement().asString().contains("\"offset\":7");
    shard.deliver("s1", List.of(event(8)));
    channel.runPendingTasks();
    assertThat(viewer.sent).hasSize(1);
    replay(7, event(3), event(6));
    shard.deliver("s1", List.of(event(9)));
    channel.runPendingTasks();
    assertThat(viewer.sent.subList(1, 5))
        .containsExactly("{\"offset\":3}", "{\"offset\":6}", "{\"offset\":8}", "{\"offset\":9}");
  }

  @Test
  void whoReturnsWithAPositionIsNotGivenTheLastComments() {
    FakeViewer viewer = new FakeViewer(metrics);
    shard.connected(viewer);
    shard.watch(viewer, "bob", new ClientMessage.Watch("s1", "bob", 7, null, null, 5));
    shard.subscribed("s1", 7);
    channel.runPendingTasks();
    assertThat(supervisor.recent).isEmpty();
  }

  @Test
  void privateEventsReachTheirViewersOnlyAndKeepTheirPlace() {
    FakeViewer author = joining("bad", 0);
    FakeViewer other = joining("bob", 0);
    FakeViewer moderator = joining("mod", 0);
    moderator.moderator = true;
    shard.subscribed("s1", 0);
    channel.runPendingTasks();
    shard.deliver(
        "s1",
        List.of(
            event(1),
            event(2).toBuilder().setOnlyUser("bad").build(),
            event(3),
            event(4).toBuilder().setModerators(true).build(),
            event(5)));
    channel.runPendingTasks();
    assertThat(offsets(author)).containsExactly(1, 2, 3, 5);
    assertThat(offsets(other)).containsExactly(1, 3, 5);
    assertThat(offsets(moderator)).containsExactly(1, 3, 4, 5);
  }

  private static List<Integer> offsets(FakeViewer viewer) {
    return viewer.sent.stream()
        .filter(json -> !json.contains("type"))
        .map(json -> Integer.valueOf(json.replaceAll("\\D", "")))
        .toList();
  }

  /** The first viewers of a stream are there before the store has said what it retains. */
  @Test
  void retainedEventsThatNobodyHasReceivedAreSentToWhoIsThere() {
    FakeViewer first = joining("bob", 0);
    shard.subscribed("s1", 0);
    shard.deliverState(
        StateUpdate.newBuilder()
            .setStream("s1")
            .setKind(StateUpdate.Kind.RETAINED)
            .setJson(ByteString.copyFromUtf8("{\"b\":2}\n"))
            .setSnapshot(ByteString.copyFromUtf8("{\"a\":1}\n{\"b\":2}\n"))
            .build());
    advance(1_000);
    FakeViewer later = joining("eve", 0);
    channel.runPendingTasks();
    assertThat(first.sent.subList(1, first.sent.size())).containsExactly("{\"b\":2}");
    assertThat(later.sent.subList(1, 3)).containsExactly("{\"a\":1}", "{\"b\":2}");
  }

  @Test
  void retainedEventsAreSentToWhoJoinsAndNotToWhoIsThere() {
    FakeViewer there = joining("bob", 0);
    shard.subscribed("s1", 0);
    shard.deliverState(
        StateUpdate.newBuilder()
            .setStream("s1")
            .setKind(StateUpdate.Kind.RETAINED)
            .setSnapshot(ByteString.copyFromUtf8("{\"a\":1}\n{\"b\":2}\n"))
            .build());
    advance(1_000);
    FakeViewer later = joining("eve", 0);
    channel.runPendingTasks();
    assertThat(there.sent).hasSize(1);
    assertThat(later.sent.subList(1, 3)).containsExactly("{\"a\":1}", "{\"b\":2}");
  }

  /** So that it takes away what has ended; what it missed may have begun with one of these. */
  @Test
  void whoComesBackIsToldWhatIsRetainedStillAfterWhatItMissed() {
    String list = "{\"type\":\"retained\",\"names\":[\"a\"]}";
    StateUpdate.Builder state =
        StateUpdate.newBuilder()
            .setStream("s1")
            .setKind(StateUpdate.Kind.RETAINED)
            .setJson(ByteString.copyFromUtf8(list + "\n"))
            .setSnapshot(ByteString.copyFromUtf8("{\"a\":1}\n" + list + "\n"));
    FakeViewer missedSome = returning("s1", 5);
    FakeViewer missedNone = returning("s1", 7);
    FakeViewer joined = joining("bob", 0);
    shard.subscribed("s1", 7);
    channel.runPendingTasks();
    shard.deliverState(state.build());
    channel.runPendingTasks();
    assertThat(missedNone.sent).hasSize(2).endsWith(list);
    assertThat(missedSome.sent).hasSize(1);
    replay(7, event(6), event(7));
    assertThat(missedSome.sent.subList(1, 5))
        .containsExactly("{\"offset\":6}", "{\"offset\":7}", "{\"a\":1}", list);
    FakeViewer later = returning("s1", 7);
    FakeViewer other = joining("eve", 0);
    channel.runPendingTasks();
    assertThat(later.sent.subList(1, 3)).containsExactly("{\"a\":1}", list);
    assertThat(other.sent).hasSize(2).endsWith("{\"a\":1}");
    assertThat(joined.sent).hasSize(1);
  }

  @Test
  void aRoomWhoseViewersLeftBeforeItsSubscriptionIsUnsubscribedThen() {
    shard.disconnected(watching("s1"));
    assertThat(supervisor.unsubscribed).isEmpty();
    shard.subscribed("s1", 0);
    channel.runPendingTasks();
    assertThat(supervisor.unsubscribed).containsExactly("s1");
  }

  @Test
  void aClosedShardClosesItsConnectionsAndItsTimer() {
    FakeViewer viewer = watching("s1");
    shard.close();
    channel.runPendingTasks();
    assertThat(viewer.closeCode).isNotNull();
    assertThat(viewer.aborted).isFalse();
    advance(DeliverySettings.CLOSE_PATIENCE.toMillis());
    assertThat(viewer.aborted).isTrue();
    long stopped = shard.now();
    advance(1_000);
    assertThat(shard.now()).isEqualTo(stopped);
  }
}
