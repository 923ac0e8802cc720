package io.ovation.testkit;

import io.vertx.core.Vertx;
import io.vertx.core.http.WebSocket;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.http.WebSocketClientOptions;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A viewer on a plain WebSocket that keeps every message, and knows what the protocol promises
 * about them. All methods may be called from any thread; waits are bounded.
 */
public final class TestViewer implements AutoCloseable {
  private static final Vertx VERTX = Vertx.vertx();
  private static final WebSocketClient CLIENT =
      VERTX.createWebSocketClient(
          new WebSocketClientOptions()
              .setMaxConnections(10_000)
              .setMaxFrameSize(1 << 20)
              .setMaxMessageSize(1 << 20));

  /** How long anything may take on a small, busy machine before a test calls it lost. */
  public static final Duration LIMIT = Duration.ofSeconds(30);

  private final String name;
  private final WebSocket socket;
  private final List<JsonObject> messages = new ArrayList<>();
  private final List<Event> events = new ArrayList<>();
  private final List<Gap> gaps = new ArrayList<>();
  private @Nullable JsonObject hello;
  private @Nullable JsonObject watching;
  private boolean closed;
  private int closeCode;

  /** A comment as it was seen. */
  public record Event(long offset, String id) {}

  /** A loss that the server reported; both ends are lost too. */
  public record Gap(long from, long to) {
    boolean covers(long offset) {
      return from <= offset && offset <= to;
    }
  }

  private TestViewer(String name, WebSocket socket) {
    this.name = name;
    this.socket = socket;
    socket.textMessageHandler(this::received);
    socket.closeHandler(v -> ended(socket.closeStatusCode()));
    socket.exceptionHandler(e -> ended(null));
  }

  /** A connection that has sent nothing yet. */
  public static TestViewer connect(NodeProcess node, String name) {
    try {
      return CLIENT
          .connect(node.port(), "127.0.0.1", "/live/websocket")
          // Handlers must be there before the first frame: both run on the socket's context.
          .map(socket -> new TestViewer(name, socket))
          .toCompletionStage()
          .toCompletableFuture()
          .get(LIMIT.toSeconds(), TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new AssertionError(name + " could not connect to " + node, e);
    }
  }

  /** Connects, watches, and waits for {@code watching}. */
  public static TestViewer watch(NodeProcess node, String stream, String user) {
    TestViewer viewer = connect(node, user + "@" + stream);
    return viewer.hello(watchMessage(stream, user));
  }

  /** Watches a stream again, from above {@code since}. */
  public static TestViewer resume(NodeProcess node, String stream, String user, long since) {
    TestViewer viewer = connect(node, user + "@" + stream);
    return viewer.hello(watchMessage(stream, user).put("since", since));
  }

  /**
   * As clients do: a stream that can't be opened now is asked for again after the time in the
   * error.
   */
  private TestViewer hello(JsonObject watch) {
    synchronized (this) {
      hello = watch;
    }
    send(watch);
    awaitWatching();
    return this;
  }

  private void refused(JsonObject error) {
    JsonObject again = hello;
    if ("unavailable".equals(error.getString("code")) && watching == null && again != null) {
      VERTX.setTimer(error.getLong("retry_after_ms"), t -> send(again));
    }
  }

  public static JsonObject watchMessage(String stream, String user) {
    return new JsonObject().put("type", "watch").put("stream", stream).put("user", user);
  }

  public TestViewer send(JsonObject message) {
    return sendText(message.encode());
  }

  /** Sends one text message, whatever it is. */
  public TestViewer sendText(String text) {
    socket.writeTextMessage(text);
    return this;
  }

  private synchronized void received(String frame) {
    // Several messages may share a frame.
    for (String line : frame.split("\n", -1)) {
      JsonObject message = new JsonObject(line);
      messages.add(message);
      switch (message.getString("type")) {
        case "watching" -> watching = message;
        case "comment" -> events.add(new Event(message.getLong("offset"), message.getString("id")));
        case "gap" -> gaps.add(new Gap(message.getLong("from"), message.getLong("to")));
        case "error" -> refused(message);
        default -> {}
      }
    }
    notifyAll();
  }

  private synchronized void ended(@Nullable Short code) {
    closed = true;
    closeCode = code == null ? closeCode : code;
    notifyAll();
  }

  public void awaitWatching() {
    await("watching", LIMIT, v -> v.watching != null);
  }

  /** The offset this viewer started above. */
  public synchronized long watchingOffset() {
    if (watching == null) {
      throw new AssertionError(this + " is not watching");
    }
    return watching.getLong("offset");
  }

  /** The offset with which this viewer would resume. */
  public synchronized long position() {
    return events.isEmpty() ? watchingOffset() : events.get(events.size() - 1).offset();
  }

  /** Waits for a condition on this viewer. */
  public void await(String what, Duration limit, Predicate<TestViewer> condition) {
    long end = System.nanoTime() + limit.toNanos();
    synchronized (this) {
      while (!condition.test(this)) {
        long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
        if (left <= 0) {
          throw new AssertionError(this + " did not get " + what);
        }
        waitMillis(left);
      }
    }
  }

  private void waitMillis(long millis) {
    try {
      wait(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** Waits for the first message of {@code type} at or after position {@code mark}. */
  public JsonObject awaitMessage(String type, int mark) {
    await("a message of type " + type, LIMIT, v -> v.find(type, mark) != null);
    JsonObject found = find(type, mark);
    if (found == null) {
      throw new AssertionError(type);
    }
    return found;
  }

  private synchronized @Nullable JsonObject find(String type, int mark) {
    return messages.stream()
        .skip(mark)
        .filter(m -> type.equals(m.getString("type")))
        .findFirst()
        .orElse(null);
  }

  /** All messages of a type so far, in order. */
  public synchronized List<JsonObject> all(String type) {
    return messages.stream().filter(m -> type.equals(m.getString("type"))).toList();
  }

  /** Waits for the first message of {@code type} that the check holds for. */
  public JsonObject awaitMessage(String type, Predicate<JsonObject> check) {
    await("a certain message of type " + type, LIMIT, v -> v.all(type).stream().anyMatch(check));
    return all(type).stream().filter(check).findFirst().orElseThrow();
  }

  /** The newest message of {@code type}; null if none came. */
  public synchronized @Nullable JsonObject newest(String type) {
    return messages.stream()
        .filter(m -> type.equals(m.getString("type")))
        .reduce((first, second) -> second)
        .orElse(null);
  }

  /** How many messages came so far: a mark for {@link #awaitMessage}. */
  public synchronized int mark() {
    return messages.size();
  }

  public void awaitClosed() {
    await("the end of its connection", LIMIT, v -> v.closed);
  }

  /** The status it was closed with; 0 if none came. */
  public synchronized int closeCode() {
    return closeCode;
  }

  public synchronized boolean closed() {
    return closed;
  }

  public synchronized List<Event> events() {
    return List.copyOf(events);
  }

  public synchronized List<Gap> gaps() {
    return List.copyOf(gaps);
  }

  private synchronized Set<String> ids() {
    Set<String> ids = new HashSet<>();
    events.forEach(e -> ids.add(e.id()));
    return ids;
  }

  /** Waits until it saw every id, then checks order and once-ness; gaps are not tolerated. */
  public void awaitExactly(Collection<String> ids, Duration limit) {
    await(ids.size() + " events", limit, v -> v.events.size() >= ids.size() || v.closed);
    checkOrdered();
    Set<String> missing = new HashSet<>(ids);
    missing.removeAll(ids());
    Set<String> extra = ids();
    extra.removeAll(new HashSet<>(ids));
    if (!missing.isEmpty() || !extra.isEmpty() || !gaps().isEmpty()) {
      throw new AssertionError(this + " misses " + missing + ", has unasked " + extra);
    }
  }

  /** Waits until it saw every id; others may be among them. Order and once-ness hold. */
  public void awaitAll(Collection<String> ids, Duration limit) {
    await("all of " + ids.size() + " ids", limit, v -> v.ids().containsAll(ids));
    checkOrdered();
  }

  /**
   * Waits until every id was seen or lies in a gap that came: by its offset where {@code offsets}
   * has it, else any gap will do.
   */
  public void awaitAllOrGaps(Set<String> ids, Map<String, Long> offsets, Duration limit) {
    try {
      await(
          "all of " + ids.size() + " ids or gaps",
          limit,
          v -> v.unaccounted(ids, offsets).isEmpty());
    } catch (AssertionError e) {
      Map<String, Long> missing = new TreeMap<>();
      unaccounted(ids, offsets).forEach(id -> missing.put(id, offsets.getOrDefault(id, 0L)));
      throw new AssertionError(
          e.getMessage() + ": after " + watchingOffset() + " it misses " + missing, e);
    }
    checkOrdered();
  }

  private synchronized Set<String> unaccounted(Set<String> ids, Map<String, Long> offsets) {
    Set<String> unaccounted = new HashSet<>(ids);
    unaccounted.removeAll(ids());
    unaccounted.removeIf(
        id -> offsets.containsKey(id) ? coveredByGap(offsets.get(id)) : !gaps.isEmpty());
    return unaccounted;
  }

  /** Each id once, offsets rising, all above {@code watching.offset}. */
  public synchronized void checkOrdered() {
    long last = watchingOffset();
    Set<String> seen = new HashSet<>();
    for (Event event : events) {
      if (event.offset() <= last) {
        throw new AssertionError(this + " saw " + event + " after offset " + last);
      }
      if (!seen.add(event.id())) {
        throw new AssertionError(this + " saw " + event + " twice");
      }
      last = event.offset();
    }
  }

  /** Whether a gap that it received covers this offset. */
  public synchronized boolean coveredByGap(long offset) {
    return gaps.stream().anyMatch(gap -> gap.covers(offset));
  }

  @Override
  public void close() {
    socket.close();
  }

  @Override
  public synchronized String toString() {
    return "viewer %s (%d events, %d gaps, closed %s, last %s)"
        .formatted(
            name,
            events.size(),
            gaps.size(),
            closed,
            messages.isEmpty() ? "nothing" : messages.get(messages.size() - 1).encode());
  }
}
