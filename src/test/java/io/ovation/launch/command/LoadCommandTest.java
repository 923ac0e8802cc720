package io.ovation.launch.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.testkit.FutureResult;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.json.JsonObject;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Against a server that does what the test says. */
class LoadCommandTest {
  private final Vertx vertx = Vertx.vertx();
  private final List<ServerWebSocket> viewers = new ArrayList<>();
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private int comments;

  @AfterEach
  void stop() {
    FutureResult.of(vertx.close());
  }

  @Test
  void whatEveryViewerReceivesOnceInOrderIsGood() {
    assertThat(load((viewer, comment) -> viewer.writeTextMessage(comment.encode()))).isZero();
    assertThat(text())
        .contains("3 viewers, 10 comments in 1 s; answers {202=10}")
        .contains("received 30; lost 0, doubled 0, out of order 0")
        .containsPattern("p50 [0-9.]+ ms, p90");
  }

  @Test
  void whatOneViewerDoesNotReceiveIsLost() {
    int code =
        load(
            (viewer, comment) -> {
              if (viewer != viewers.get(0) || comment.getLong("offset") != 4) {
                viewer.writeTextMessage(comment.encode());
              }
            });
    assertThat(code).isEqualTo(70);
    assertThat(text()).contains("received 29; lost 1, doubled 0");
  }

  @Test
  void doubledAndDisorderedCommentsAreCounted() {
    int code =
        load(
            (viewer, comment) ->
                viewer.writeTextMessage(comment.encode() + "\n" + comment.encode()));
    assertThat(code).isEqualTo(70);
    assertThat(text()).contains("received 30; lost 0, doubled 30, out of order 30");
  }

  @Test
  void aServerThatIsNotThereIsSaid() {
    assertThat(run("--url", "http://127.0.0.1:1", "--viewers", "1")).isEqualTo(69);
    assertThat(text()).contains("The load did not run");
  }

  @Test
  void wrongArgumentsAreRefusedWithTheUsage() {
    assertThat(run("--rate", "0")).isEqualTo(64);
    assertThat(run("--url", "localhost")).isEqualTo(64);
    assertThat(text()).contains("--rate is a number from 1", "--url is http", "Usage: ");
  }

  private int load(BiConsumer<ServerWebSocket, JsonObject> deliver) {
    var server =
        FutureResult.of(
            vertx
                .createHttpServer()
                .webSocketHandler(
                    socket ->
                        socket.textMessageHandler(
                            text -> {
                              viewers.add(socket);
                              socket.writeTextMessage("{\"type\":\"watching\"}");
                            }))
                .requestHandler(
                    request ->
                        request
                            .body()
                            .onSuccess(
                                body -> {
                                  JsonObject comment = comment(body);
                                  viewers.forEach(it -> deliver.accept(it, comment));
                                  request.response().setStatusCode(202).end();
                                }))
                .listen(0, "127.0.0.1"));
    String url = "http://127.0.0.1:" + server.actualPort();
    return run("--url", url, "--viewers", "3", "--rate", "10", "--seconds", "1");
  }

  private JsonObject comment(Buffer body) {
    return new JsonObject()
        .put("type", "comment")
        .put("id", body.toJsonObject().getString("id"))
        .put("offset", ++comments);
  }

  private int run(String... options) {
    String[] args = new String[options.length + 1];
    args[0] = "load";
    System.arraycopy(options, 0, args, 1, options.length);
    PrintStream print = new PrintStream(out, true, StandardCharsets.UTF_8);
    return new Commands(List.of(), new LoadCommand()).run(args, print).orElseThrow();
  }

  private String text() {
    return out.toString(StandardCharsets.UTF_8);
  }
}
