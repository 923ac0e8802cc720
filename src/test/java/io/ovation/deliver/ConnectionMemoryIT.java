package io.ovation.deliver;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.http.HttpEventLoop;
import io.ovation.http.body.JsonBodies;
import io.ovation.testkit.Await;
import io.ovation.testkit.RawViewer;
import io.vertx.core.Context;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Router;
import java.lang.management.ManagementFactory;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.management.JMException;
import javax.management.ObjectName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What a connection leaves behind, while it is open and after. */
@Tag("alone")
class ConnectionMemoryIT {
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final Pattern ROW = Pattern.compile("\\s*\\d+:\\s+(\\d+)\\s+(\\d+)\\s+(\\S+).*");
  private static final List<String> OURS =
      List.of(
          "io.ovation.deliver.transport.WebSocketViewer",
          "io.ovation.deliver.transport.WebSocketChannelHandler",
          "io.netty.handler.codec.http.websocketx.WebSocket13FrameDecoder");

  private static final List<String> STREAMS =
      List.of(
          "io.ovation.deliver.transport.SseViewer",
          "io.ovation.deliver.transport.SseViewer$SseHandler");

  /** What a request of Vert.x is made of. */
  private static final List<String> VERTX =
      List.of(
          "io.vertx.core.http.impl.Http1xServerConnection",
          "io.vertx.core.http.impl.Http1xServerRequest",
          "io.vertx.core.http.impl.Http1xServerResponse",
          "io.netty.handler.timeout.IdleStateHandler");

  /** Everything of Vert.x that was there for an upgrade. */
  private final ConcurrentLinkedQueue<WeakReference<Object>> vertx = new ConcurrentLinkedQueue<>();

  private HttpEventLoop watched(HttpEventLoop loop) {
    return new HttpEventLoop() {
      @Override
      public Vertx vertx() {
        return loop.vertx();
      }

      @Override
      public Context context() {
        return loop.context();
      }

      @Override
      public Router router() {
        return loop.router();
      }

      @Override
      public JsonBodies bodies() {
        return loop.bodies();
      }

      @Override
      public void upgrades(Predicate<String> path, Handler<HttpServerRequest> handler) {
        loop.upgrades(
            path,
            request -> {
              vertx.add(new WeakReference<>(request));
              vertx.add(new WeakReference<>(request.response()));
              vertx.add(new WeakReference<>(request.connection()));
              handler.handle(request);
            });
      }
    };
  }

  /** Live objects and their bytes, by class; a full collection comes first. */
  private static Map<String, long[]> histogram() {
    try {
      String text =
          (String)
              ManagementFactory.getPlatformMBeanServer()
                  .invoke(
                      new ObjectName("com.sun.management:type=DiagnosticCommand"),
                      "gcClassHistogram",
                      new Object[] {null},
                      new String[] {String[].class.getName()});
      Map<String, long[]> rows = new java.util.HashMap<>();
      for (String line : text.split("\n")) {
        Matcher row = ROW.matcher(line);
        if (row.matches()) {
          rows.put(
              row.group(3),
              new long[] {Long.parseLong(row.group(1)), Long.parseLong(row.group(2))});
        }
      }
      return rows;
    } catch (JMException e) {
      throw new AssertionError(e);
    }
  }

  private static long count(Map<String, long[]> histogram, String type) {
    return histogram.getOrDefault(type, new long[2])[0];
  }

  @Test
  void vertxLetsGoOfAnOpenConnectionAndNothingStaysAfterItClosed() {
    try (DeliveryFixture stage = new DeliveryFixture(DeliveryFixture.DEFAULT, 2, this::watched)) {
      openAndClose(stage, 200); // whatever is made once is made now
      vertx.clear();
      Map<String, long[]> before = histogram();
      List<RawViewer> open = open(stage, 500);
      Await.until(
          "nothing of Vert.x is left of 500 open connections",
          LIMIT,
          () -> {
            System.gc();
            return vertx.stream().noneMatch(reference -> reference.get() != null);
          });
      Map<String, long[]> during = histogram();
      for (String type : OURS) {
        assertThat(count(during, type) - count(before, type)).as(type).isEqualTo(500);
      }
      open.forEach(RawViewer::close);
      for (int round = 0; round < 5; round++) {
        openAndClose(stage, 500);
      }
      Await.until("all are gone", LIMIT, () -> stage.connections() == 0);
      Await.until(
          "nothing of ours is left of 3,000 closed connections",
          LIMIT,
          () -> {
            Map<String, long[]> after = histogram();
            return OURS.stream().allMatch(type -> count(after, type) <= count(before, type));
          });
    }
  }

  @Test
  void vertxLetsGoOfAnOpenEventStreamAndNothingStaysAfterItClosed() {
    try (DeliveryFixture stage = new DeliveryFixture(DeliveryFixture.DEFAULT, 2, loop -> loop)) {
      openEvents(stage, 100).forEach(SseTestClient::close);
      Await.until("they are gone", LIMIT, () -> stage.connections() == 0);
      Map<String, long[]> before = histogram();
      List<SseTestClient> open = openEvents(stage, 300);
      Await.until(
          "of 300 open responses only ours is left",
          LIMIT,
          () -> {
            Map<String, long[]> during = histogram();
            return STREAMS.stream().allMatch(t -> count(during, t) - count(before, t) == 300)
                && VERTX.stream().allMatch(t -> count(during, t) <= count(before, t));
          });
      open.forEach(SseTestClient::close);
      Await.until("all are gone", LIMIT, () -> stage.connections() == 0);
      Await.until(
          "nothing of ours is left",
          LIMIT,
          () -> {
            Map<String, long[]> after = histogram();
            return STREAMS.stream().allMatch(type -> count(after, type) <= count(before, type));
          });
    }
  }

  private static List<SseTestClient> openEvents(DeliveryFixture stage, int count) {
    List<SseTestClient> wires = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      SseTestClient wire = new SseTestClient(stage.port, "/streams/s/events?user=u" + i, Map.of());
      wire.next("watching");
      wires.add(wire);
    }
    return wires;
  }

  private static void openAndClose(DeliveryFixture stage, int count) {
    List<RawViewer> wires = open(stage, count);
    for (int i = 0; i < count; i++) {
      if (i % 2 == 0) {
        wires.get(i).write(RawViewer.frame(true, RawViewer.CLOSE, new byte[0]));
        wires.get(i).closed();
      }
      wires.get(i).close();
    }
    Await.until("they are gone", LIMIT, () -> stage.connections() == 0);
  }

  private static List<RawViewer> open(DeliveryFixture stage, int count) {
    List<RawViewer> wires = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      wires.add(stage.watching("s" + i % 7));
    }
    return wires;
  }
}
