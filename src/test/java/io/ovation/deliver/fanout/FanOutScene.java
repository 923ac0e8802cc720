package io.ovation.deliver.fanout;

import com.google.protobuf.ByteString;
import io.micrometer.core.instrument.Timer;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.util.concurrent.MockTicker;
import io.netty.util.concurrent.Ticker;
import io.ovation.deliver.DeliveryMetrics;
import io.ovation.deliver.DeliverySettings;
import io.ovation.deliver.FakeViewer;
import io.ovation.metrics.Metrics;
import io.ovation.wire.proto.StateUpdate;
import java.util.ArrayList;
import java.util.List;

/** Rooms and viewers on an event loop that is driven by hand, with its own time. */
final class FanOutScene {
  private final Metrics registry = new Metrics();
  final DeliveryMetrics metrics = new DeliveryMetrics(registry);
  final DeliverySettings settings;
  final FanOutScheduler scheduler;
  private final MockTicker ticker = Ticker.newMockTicker();
  private final EmbeddedChannel channel = EmbeddedChannel.builder().ticker(ticker).build();

  FanOutScene(int viewersPerTurn) {
    this(FakeViewer.settings(viewersPerTurn, 1_000, 10_000));
  }

  FanOutScene(DeliverySettings settings) {
    this.settings = settings;
    this.scheduler = new FanOutScheduler(channel.eventLoop(), settings.viewersPerTurn(), metrics);
  }

  Timer timer(String name) {
    return registry.registry().get(name).timer();
  }

  /** A room whose stream has had no events. */
  StreamRoom room(String stream) {
    StreamRoom room = new StreamRoom(stream, settings, metrics);
    room.open(0);
    return room;
  }

  /** Viewers of the room that have seen everything. */
  List<FakeViewer> viewers(StreamRoom room, int count) {
    List<FakeViewer> viewers = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      viewers.add(viewer(room));
    }
    return viewers;
  }

  FakeViewer viewer(StreamRoom room) {
    FakeViewer viewer = new FakeViewer(metrics);
    viewer.startAt(room.last(), room.batchNumber());
    viewer.room = room;
    room.add(viewer);
    return viewer;
  }

  /** Publishes events with these offsets; their texts are {@code e<offset>}. */
  void publish(StreamRoom room, long... offsets) {
    room.add(events(offsets));
    scheduler.add(room);
  }

  static List<OutboundMessage> events(long... offsets) {
    List<OutboundMessage> events = new ArrayList<>();
    for (long offset : offsets) {
      events.add(new OutboundMessage(offset, ByteString.copyFromUtf8("e" + offset)));
    }
    return events;
  }

  static StateUpdate state(StateUpdate.Kind kind, String json) {
    return StateUpdate.newBuilder().setKind(kind).setJson(ByteString.copyFromUtf8(json)).build();
  }

  static String gap(long from, long to) {
    return "{\"type\":\"gap\",\"from\":" + from + ",\"to\":" + to + "}";
  }

  /** Runs all tasks, the timers that are due, and the tasks that these add. */
  void run() {
    channel.runPendingTasks();
    channel.runPendingTasks();
  }

  void advance(long ms) {
    for (long passed = 0; passed < ms; passed += 10) {
      ticker.advanceMillis(10);
      run();
    }
  }
}
