package io.ovation.chaos;

import io.ovation.testkit.Balancer;
import io.vertx.core.Vertx;
import io.vertx.core.http.WebSocket;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.http.WebSocketClientOptions;
import io.vertx.core.json.JsonObject;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * A client that knows only the protocol: it resumes with its position whenever its connection ends,
 * on any node that is ready, and drops nothing by id.
 */
final class ResumingViewer implements AutoCloseable {
  private static final int RETRY_MIN_MS = 100;
  private static final int RETRY_MAX_MS = 1_000;

  /** Longer than two heartbeats of a node: a frozen one says nothing, and closes nothing. */
  private static final long SILENCE_MS = 15_000;

  private final Vertx vertx;
  private final WebSocketClient client;
  private final Balancer balancer;
  private final String user;
  private final ViewerRecord record;
  private volatile boolean closed;
  private volatile @Nullable WebSocket socket;
  private long lastMessage = System.nanoTime();
  private long silenceTimer;

  ResumingViewer(Vertx vertx, Balancer balancer, String user, ViewerRecord record) {
    this.vertx = vertx;
    this.client =
        vertx.createWebSocketClient(
            new WebSocketClientOptions().setMaxFrameSize(1 << 20).setMaxMessageSize(1 << 20));
    this.balancer = balancer;
    this.user = user;
    this.record = record;
    connect();
  }

  private void connect() {
    if (closed) {
      return;
    }
    client
        .connect(balancer.pick(), "127.0.0.1", "/live/websocket")
        .onSuccess(this::opened)
        .onFailure(e -> again());
  }

  private void opened(WebSocket opened) {
    socket = opened;
    lastMessage = System.nanoTime();
    opened.textMessageHandler(frame -> received(opened, frame));
    // Before it is closed the code is no code but an exception.
    opened.closeHandler(v -> ended(opened, "closed, code " + opened.closeStatusCode()));
    opened.exceptionHandler(e -> opened.close());
    silenceTimer = vertx.setPeriodic(1_000, t -> checkSilence(opened));
    watch(opened);
  }

  private void watch(WebSocket to) {
    JsonObject watch =
        new JsonObject().put("type", "watch").put("stream", record.stream()).put("user", user);
    long position = record.position();
    to.writeTextMessage((position < 0 ? watch : watch.put("since", position)).encode());
  }

  private void received(WebSocket open, String frame) {
    for (String line : frame.split("\n", -1)) {
      if (socket != open) {
        return; // It was left, and what comes late has been asked for again elsewhere.
      }
      lastMessage = System.nanoTime();
      JsonObject message = new JsonObject(line);
      record.message(message);
      switch (message.getString("type", "")) {
        case "reconnect" -> vertx.setTimer(1 + message.getLong("after_ms"), t -> open.close());
        case "error" -> {
          // A stream that cannot be opened now is asked for again when the server says.
          long after = message.getLong("retry_after_ms", 1_000L);
          if ("unavailable".equals(message.getString("code"))) {
            vertx.setTimer(after, t -> watch(open));
          }
        }
        default -> {}
      }
    }
  }

  /** Pings, and leaves a connection on which nothing comes back. */
  private void checkSilence(WebSocket of) {
    if (System.nanoTime() - lastMessage > SILENCE_MS * 1_000_000) {
      of.close();
      ended(of, "silent");
    } else {
      of.writeTextMessage("{\"type\":\"ping\"}");
    }
  }

  private void ended(WebSocket last, String why) {
    if (socket == last) {
      record.away(why);
      socket = null;
      vertx.cancelTimer(silenceTimer);
      again();
    }
  }

  private void again() {
    if (!closed) {
      int pause = ThreadLocalRandom.current().nextInt(RETRY_MIN_MS, RETRY_MAX_MS);
      vertx.setTimer(pause, t -> connect());
    }
  }

  @Override
  public void close() {
    closed = true;
    WebSocket open = socket;
    if (open != null) {
      open.close();
    }
  }
}
