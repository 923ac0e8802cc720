package io.ovation.load;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.testkit.VirtualVertx;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import org.junit.jupiter.api.Test;

class LoadViewerTest {
  private static final long MINUTE = 60_000;

  /** One connection, as the server sees it. */
  private static final class Connection {
    final JsonObject watch;
    final Consumer<String> messages;
    final IntConsumer ended;
    boolean closed;

    Connection(JsonObject watch, Consumer<String> messages, IntConsumer ended) {
      this.watch = watch;
      this.messages = messages;
      this.ended = ended;
    }

    void send(String type, Object... fields) {
      JsonObject message = new JsonObject().put("type", type);
      for (int i = 0; i < fields.length; i += 2) {
        message.put((String) fields[i], fields[i + 1]);
      }
      messages.accept(message.encode());
    }
  }

  private boolean refusing;
  private int joined;
  private final VirtualVertx time = new VirtualVertx();
  private final List<Connection> connections = new ArrayList<>();
  private final LoadReport report = new LoadReport(10);
  private final LoadViewer viewer =
      new LoadViewer(
          time.vertx(),
          this::open,
          report,
          new JsonObject().put("stream", "load-0").put("user", "viewer-0"),
          () -> joined++);

  private Future<Runnable> open(JsonObject watch, Consumer<String> messages, IntConsumer ended) {
    Connection opened = new Connection(watch, messages, ended);
    connections.add(opened);
    return refusing
        ? Future.failedFuture("refused")
        : Future.succeededFuture(() -> opened.closed = true);
  }

  private Connection last() {
    return connections.get(connections.size() - 1);
  }

  private void joinAt(long offset) {
    viewer.connect();
    last().send("watching", "offset", offset, "region", "local");
  }

  private String accept(int number) {
    String id = report.sending(number);
    report.answered("load-0", number, 202);
    return id;
  }

  @Test
  void whoIsAskedToReconnectReturnsInTimeWithItsPositionAndLosesNothing() {
    joinAt(100);
    last().send("comment", "id", accept(0), "offset", 107);
    Connection first = last();
    first.send("reconnect", "after_ms", 700, "reason", "drain");
    assertThat(first.closed).isTrue();
    first.send("comment", "id", accept(1), "offset", 108); // Too late on this connection.
    first.ended.accept(1000);
    time.pass(699);
    assertThat(connections).hasSize(1);
    time.pass(1);
    assertThat(last().watch.getLong("since")).isEqualTo(107);
    assertThat(last().watch.getString("region")).isEqualTo("local");
    last().send("watching", "offset", 107, "region", "local");
    last().send("comment", "id", accept(1), "offset", 108);
    assertThat(print())
        .contains("delivered 2, lost 0, doubled 0", "asked to reconnect: {drain=1}")
        .contains("connections lost 0");
    assertThat(joined).isEqualTo(1);
  }

  @Test
  void whoseConnectionIsLostReturnsAfterAGrowingPause() {
    joinAt(100);
    last().ended.accept(1006);
    refusing = true;
    time.pass(8_000);
    int soon = connections.size();
    assertThat(soon).isBetween(3, 8);
    refusing = false;
    time.pass(20_000);
    assertThat(connections).hasSize(soon + 1);
    last().send("watching", "offset", 100, "region", "local");
    assertThat(print()).contains("connections lost 1");
  }

  @Test
  void whoIsNotServedForLongGivesUpAndItsMissesAreNotLosses() {
    joinAt(100);
    refusing = true;
    last().ended.accept(1006);
    time.pass(5 * MINUTE);
    int attempts = connections.size();
    assertThat(attempts).isBetween(5, 20);
    time.pass(5 * MINUTE);
    assertThat(connections).hasSize(attempts);
    accept(0);
    assertThat(print()).contains("lost 0,", "1 viewers have no connection and missed 1");
  }

  @Test
  void whoIsClosedForGoodOrRefusedDoesNotReturn() {
    joinAt(100);
    last().ended.accept(4502);
    time.pass(5 * MINUTE);
    assertThat(connections).hasSize(1);
  }

  @Test
  void aRefusedWatchIsRepeatedOnlyIfThatMayHelp() {
    viewer.connect();
    last().send("error", "code", "unavailable");
    time.pass(MINUTE);
    assertThat(connections).hasSize(2);
    last().send("error", "code", "unauthorized");
    assertThat(last().closed).isTrue();
    time.pass(5 * MINUTE);
    assertThat(connections).hasSize(2);
  }

  @Test
  void problemsAreCountedByKindWithTheFirstAsAnExample() {
    joinAt(100);
    for (int i = 0; i < 50; i++) {
      last().send("error", "code", "rate", "retry_after_ms", 100 + i);
      last().send("reconnect", "after_ms", 1 + i, "reason", "ttl");
      time.pass(1 + i);
      last().send("watching", "offset", 100, "region", "local");
    }
    assertThat(print())
        .contains("asked to reconnect: {ttl=50}")
        .containsOnlyOnce("error rate")
        .contains("50 times: error rate, first: {\"type\":\"error\",\"code\":\"rate\"");
  }

  @Test
  void aCommentThatAConnectedViewerDoesNotReceiveIsLost() {
    joinAt(100);
    accept(0);
    assertThat(print()).contains("lost 1,");
  }

  private String print() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    report.print(List.of(viewer), new PrintStream(bytes, true, StandardCharsets.UTF_8));
    return bytes.toString(StandardCharsets.UTF_8);
  }
}
