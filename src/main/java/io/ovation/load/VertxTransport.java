package io.ovation.load;

import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.UpgradeRejectedException;
import io.vertx.core.http.WebSocket;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.core.parsetools.RecordParser;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The transports over Vert.x's clients. */
record VertxTransport(Kind kind, HttpClient http, WebSocketClient sockets)
    implements LoadTransport {
  /** How a viewer is connected; {@code XHR} is SockJS' xhr-streaming. */
  enum Kind {
    WEBSOCKET,
    SSE,
    XHR
  }

  @Override
  public Future<Runnable> open(JsonObject watch, Consumer<String> messages, IntConsumer ended) {
    return switch (kind) {
      case WEBSOCKET -> webSocket(watch, messages, ended);
      case SSE ->
          stream(
              HttpMethod.GET,
              "/streams/" + watch.getString("stream") + "/events?" + query(watch),
              line -> {
                if (line.startsWith("data:")) {
                  messages.accept(line.substring("data:".length()).strip());
                }
              },
              ended);
      case XHR -> {
        String session = "/live/000/" + UUID.randomUUID();
        yield stream(
            HttpMethod.POST,
            session + "/xhr_streaming",
            line -> {
              if (line.equals("o")) {
                send(session, watch, ended);
              } else if (line.startsWith("a")) {
                new JsonArray(line.substring(1)).forEach(text -> messages.accept((String) text));
              }
            },
            ended);
      }
    };
  }

  private Future<Runnable> webSocket(
      JsonObject watch, Consumer<String> messages, IntConsumer ended) {
    return sockets
        .connect("/live/websocket")
        .recover(e -> Future.failedFuture(refusal(e)))
        .map(
            socket -> {
              socket.textMessageHandler(frame -> frame.lines().forEach(messages));
              socket.closeHandler(v -> ended.accept(code(socket)));
              socket.writeTextMessage(watch.encode());
              return socket::close;
            });
  }

  private static int code(WebSocket socket) {
    Short code = socket.closeStatusCode();
    return code == null ? NO_CODE : code;
  }

  private static Throwable refusal(Throwable e) {
    return e instanceof UpgradeRejectedException rejected
        ? refused(rejected.getStatus(), rejected.getHeaders())
        : e;
  }

  private static Refused refused(int status, @Nullable MultiMap headers) {
    String seconds = headers == null ? null : headers.get("Retry-After");
    boolean usable = seconds != null && seconds.matches("\\d{1,4}");
    return new Refused(status, usable ? Long.parseLong(seconds) * 1_000 : 0);
  }

  private static String query(JsonObject watch) {
    return watch.stream()
        .filter(field -> !field.getKey().matches("type|stream"))
        .map(field -> field.getKey() + "=" + encoded(field.getValue()))
        .collect(Collectors.joining("&"));
  }

  private static String encoded(Object value) {
    return URLEncoder.encode(value.toString(), StandardCharsets.UTF_8);
  }

  private Future<Runnable> stream(
      HttpMethod method, String path, Consumer<String> lines, IntConsumer ended) {
    return http.request(method, path)
        .compose(
            request ->
                request
                    .putHeader("Accept", method == HttpMethod.GET ? "text/event-stream" : "*/*")
                    .send()
                    .compose(response -> read(response, lines, ended))
                    .map(v -> () -> request.connection().close()));
  }

  private static Future<Void> read(
      HttpClientResponse response, Consumer<String> lines, IntConsumer ended) {
    if (response.statusCode() != 200) {
      return Future.failedFuture(refused(response.statusCode(), response.headers()));
    }
    response.handler(RecordParser.newDelimited("\n", buffer -> lines.accept(buffer.toString())));
    response.endHandler(v -> ended.accept(NO_CODE));
    response.exceptionHandler(e -> ended.accept(NO_CODE));
    return Future.succeededFuture();
  }

  private void send(String session, JsonObject watch, IntConsumer ended) {
    http.request(HttpMethod.POST, session + "/xhr_send")
        .compose(request -> request.send(new JsonArray().add(watch.encode()).toBuffer()))
        .onFailure(e -> ended.accept(NO_CODE));
  }
}
