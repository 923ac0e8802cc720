package io.ovation.deliver;

import com.google.protobuf.ByteString;
import io.ovation.stage.StreamSubscriptions;
import io.ovation.stage.ViewerShard;
import io.ovation.wire.proto.Event;
import io.ovation.wire.proto.StateUpdate;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A supervisor by hand: streams in memory, one thread, offsets that count from 1. */
public final class FakeSubscriptions implements StreamSubscriptions, AutoCloseable {
  public volatile boolean nobodyDispatches;

  final Map<String, Integer> counts = new ConcurrentHashMap<>();
  final Set<String> refused = ConcurrentHashMap.newKeySet();

  /** Streams of which nothing up to here is remembered. */
  final Map<String, Long> forgotten = new ConcurrentHashMap<>();

  private final ExecutorService thread = Executors.newSingleThreadExecutor();

  /** All that was told of watches. */
  final List<WatchChange> watching = new CopyOnWriteArrayList<>();

  final Set<ViewerShard> shards = ConcurrentHashMap.newKeySet();
  private final Map<String, Stream> streams = new HashMap<>();

  private static final class Stream {
    final List<Event> events = new ArrayList<>();
    final Set<ViewerShard> shards = new LinkedHashSet<>();
  }

  @Override
  public void subscribe(String stream, ViewerShard shard) {
    thread.execute(
        () -> {
          if (refused.contains(stream)) {
            shard.subscribeFailed(
                stream, "unavailable", "the stream's owner did not answer; try again");
          } else {
            stream(stream).shards.add(shard);
            shard.subscribed(stream, stream(stream).events.size());
          }
        });
  }

  @Override
  public boolean mustWait(String stream) {
    return nobodyDispatches;
  }

  @Override
  public void unsubscribe(String stream, ViewerShard shard) {
    counts.remove(stream);
    thread.execute(() -> stream(stream).shards.remove(shard));
  }

  @Override
  public void reportViewers(ViewerShard shard, Map<String, Integer> viewers) {
    counts.putAll(viewers);
  }

  @Override
  public void requestReplay(String stream, long since, ViewerShard shard, Object viewer) {
    thread.execute(
        () -> {
          List<Event> events = stream(stream).events;
          long gone = forgotten.getOrDefault(stream, 0L);
          ViewerShard.Gap gap = since < gone ? new ViewerShard.Gap(since + 1, gone) : null;
          int from = (int) Math.max(since, gone);
          shard.deliverReplay(
              viewer,
              new ViewerShard.Replay(
                  stream,
                  gap,
                  List.copyOf(events.subList(from, events.size())),
                  List.of(),
                  events.size()));
        });
  }

  @Override
  public void requestRecent(String stream, long at, int count, ViewerShard shard, Object viewer) {
    thread.execute(
        () -> {
          List<Event> before = stream(stream).events.subList(0, (int) at);
          List<Event> recent = before.subList(Math.max(0, before.size() - count), before.size());
          shard.deliverReplay(
              viewer, new ViewerShard.Replay(stream, null, List.copyOf(recent), List.of(), at));
        });
  }

  @Override
  public void reportWatches(ViewerShard shard, List<WatchChange> changes) {
    thread.execute(
        () -> {
          shards.add(shard);
          watching.addAll(changes);
        });
  }

  @Override
  public long viewers(String stream) {
    return counts.getOrDefault(stream, 0);
  }

  /** The next event, of about {@code size} bytes. */
  void publish(String stream, String text, int size) {
    thread.execute(
        () -> {
          Stream live = stream(stream);
          long offset = live.events.size() + 1;
          Event event = event(stream, text, offset, size);
          live.events.add(event);
          live.shards.forEach(shard -> shard.deliver(stream, List.of(event)));
        });
  }

  void publish(String stream, String text) {
    publish(stream, text, 0);
  }

  /**
   * The stream's new state of a kind; a viewer that joins gets {@code snapshot} unless it is empty.
   */
  void state(String stream, StateUpdate.Kind kind, String json, String snapshot) {
    StateUpdate state =
        StateUpdate.newBuilder()
            .setStream(stream)
            .setKind(kind)
            .setJson(ByteString.copyFromUtf8(json))
            .setSnapshot(ByteString.copyFromUtf8(snapshot))
            .build();
    thread.execute(() -> stream(stream).shards.forEach(shard -> shard.deliverState(state)));
  }

  void gap(String stream, long from, long to) {
    thread.execute(
        () -> stream(stream).shards.forEach(shard -> shard.deliverGap(stream, from, to)));
  }

  /** After all that was asked for before. */
  void run(Runnable task) {
    thread.execute(task);
  }

  boolean isOpen(String stream) {
    try {
      return thread.submit(() -> !stream(stream).shards.isEmpty()).get();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }

  public static Event event(String stream, String text, long offset, int size) {
    String json =
        new JsonObject()
            .put("type", "comment")
            .put("stream", stream)
            .put("id", "c" + offset)
            .put("user", "alice")
            .put("text", text)
            .put("offset", offset)
            .encode();
    String padded = json.substring(0, json.length() - 1) + " ".repeat(Math.max(0, size)) + "}";
    return Event.newBuilder()
        .setOffset(offset)
        .setId("c" + offset)
        .setJson(ByteString.copyFromUtf8(padded))
        .build();
  }

  private Stream stream(String name) {
    return streams.computeIfAbsent(name, ignored -> new Stream());
  }
}
