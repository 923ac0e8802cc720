package io.ovation.load;

import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.core.parsetools.RecordParser;
import java.util.BitSet;
import java.util.Locale;
import java.util.UUID;

/** One viewer. Its messages arrive on one event loop. */
final class LoadViewer {
  /** How a viewer is connected; {@code XHR} is SockJS' xhr-streaming. */
  enum Transport {
    WEBSOCKET,
    SSE,
    XHR
  }

  private final LoadOptions options;
  private final String stream;
  private final String user;
  private final Handler<LoadViewer> watching;
  private final LoadReport report;

  /** The numbers of the comments that it received. */
  private final BitSet received = new BitSet();

  LoadViewer(LoadOptions options, int number, LoadReport report, Handler<LoadViewer> watching) {
    this.options = options;
    this.stream = options.stream(number);
    this.user = "viewer-" + number;
    this.report = report;
    this.watching = watching;
  }

  String stream() {
    return stream;
  }

  /** How many of these comments it has not received. Any thread. */
  int missing(BitSet accepted) {
    BitSet missing = (BitSet) accepted.clone();
    synchronized (received) {
      missing.andNot(received);
    }
    return missing.cardinality();
  }

  private void received(int number) {
    synchronized (received) {
      if (received.get(number)) {
        report.doubled();
      }
      received.set(number);
    }
  }

  /** Fails if there is no connection; what is wrong later is told to the report. */
  Future<?> connect(HttpClient http, WebSocketClient sockets) {
    return switch (options.transport) {
      case WEBSOCKET ->
          sockets
              .connect("/live/websocket")
              .onSuccess(
                  socket -> {
                    socket.textMessageHandler(frame -> frame.lines().forEach(this::message));
                    socket.closeHandler(v -> report.closed());
                    socket.writeTextMessage(watch().encode());
                  });
      case SSE -> {
        String token = options.token.isEmpty() ? "" : "&token=" + options.token;
        yield http.request(HttpMethod.GET, "/streams/" + stream + "/events?user=" + user + token)
            .compose(
                request ->
                    request
                        .putHeader("Accept", "text/event-stream")
                        .send()
                        .onSuccess(response -> lines(response, this::event)));
      }
      case XHR -> {
        String session = "/live/000/" + UUID.randomUUID();
        yield http.request(HttpMethod.POST, session + "/xhr_streaming")
            .compose(
                request ->
                    request
                        .send()
                        .onSuccess(
                            response -> lines(response, line -> sockJs(http, session, line))));
      }
    };
  }

  private JsonObject watch() {
    JsonObject watch =
        new JsonObject().put("type", "watch").put("stream", stream).put("user", user);
    return options.token.isEmpty() ? watch : watch.put("token", options.token);
  }

  private void lines(HttpClientResponse response, Handler<String> line) {
    if (response.statusCode() != 200) {
      report.problem("HTTP " + response.statusCode());
      return;
    }
    response.handler(RecordParser.newDelimited("\n", buffer -> line.handle(buffer.toString())));
    response.endHandler(v -> report.closed());
  }

  private void event(String line) {
    if (line.startsWith("data:")) {
      message(line.substring("data:".length()).strip());
    }
  }

  private void sockJs(HttpClient http, String session, String line) {
    if (line.equals("o")) {
      Buffer body = new JsonArray().add(watch().encode()).toBuffer();
      http.request(HttpMethod.POST, session + "/xhr_send")
          .compose(request -> request.send(body))
          .onFailure(e -> report.problem(e.toString()));
    } else if (line.startsWith("a")) {
      new JsonArray(line.substring(1)).forEach(text -> message((String) text));
    }
  }

  private void message(String text) {
    if (text.isEmpty()) {
      return;
    }
    long now = System.nanoTime();
    JsonObject message = new JsonObject(text);
    switch (message.getString("type", "")) {
      case "watching" -> watching.handle(this);
      case "comment" -> {
        int number = report.arrived(message.getString("id"), now);
        if (number >= 0) {
          received(number);
        }
      }
      case "error", "gap", "reconnect" ->
          report.problem(message.getString("type").toUpperCase(Locale.ROOT) + " " + text);
      default -> {
        // Counts and states are not measured.
      }
    }
  }
}
