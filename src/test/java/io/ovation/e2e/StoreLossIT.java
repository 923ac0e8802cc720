package io.ovation.e2e;

import static io.ovation.testkit.TestCluster.ALL;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.testkit.Api;
import io.ovation.testkit.Await;
import io.ovation.testkit.CommentLoad;
import io.ovation.testkit.Contention;
import io.ovation.testkit.Servers;
import io.ovation.testkit.ShowLogs;
import io.ovation.testkit.StreamViewers;
import io.ovation.testkit.TestCluster;
import io.ovation.testkit.TestViewer;
import io.ovation.testkit.TestViewer.Event;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A store that comes back without its last writes, or without any, while the nodes run. */
@ExtendWith(ShowLogs.class)
class StoreLossIT {
  private static final int PER_SECOND = 100;
  private static final int PACKAGES = 12;
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final String LOSSES = "ovation_dispatch_store_losses_total";

  private TestCluster cluster;

  @BeforeEach
  void start() {
    cluster = TestCluster.start(ALL, ALL, ALL);
  }

  @AfterEach
  void stop() {
    Servers.redis().start();
    cluster.close();
  }

  /** It is back at once, or after comments were delivered without it. */
  @ParameterizedTest
  @ValueSource(ints = {0, 4})
  void whatTheStoreLostIsAGapForThoseWhoResumeAndNobodyElse(int secondsAway) {
    List<String> streams = StreamViewers.streams("tail", 8);
    try (StreamViewers viewers = StreamViewers.watch(cluster.nodes(), streams, 1);
        CommentLoad load = CommentLoad.start(cluster.nodes(), streams, PER_SECOND)) {
      load.awaitMore(200, LIMIT);
      Map<String, Long> positions = positions(viewers, streams);
      Set<String> packages = new HashSet<>();
      Servers.redis().loseLast(Duration.ofSeconds(2), () -> packages.addAll(packagesDone()));
      Await.pass(Duration.ofSeconds(secondsAway));
      Servers.redis().start();
      load.awaitMore(400, LIMIT);
      load.finish(LIMIT);
      viewers.awaitExactly(load::accepted, LIMIT);
      viewers.checkConnected();
      assertThat(cluster.sum(LOSSES)).isPositive();
      Await.until("the packages' outcomes", LIMIT, () -> packages.stream().allMatch(this::isDone));
      streams.forEach(
          stream -> resume(viewers, load, stream, Objects.requireNonNull(positions.get(stream))));
    }
  }

  /** Of packages that are done before the store loses that they are. */
  private Set<String> packagesDone() {
    Set<String> ids = new HashSet<>();
    for (int i = 0; i < PACKAGES; i++) {
      String id = "lost-" + UUID.randomUUID();
      JsonObject body = JsonObject.of("id", id, "type", "log", "payload", new JsonObject());
      if (cluster.node(i % 3).api().post("/packages", body.encode()).status() == 202) {
        ids.add(id);
      }
    }
    Await.until("all packages done", LIMIT, () -> ids.stream().allMatch(this::isDone));
    assertThat(ids).isNotEmpty();
    return ids;
  }

  private boolean isDone(String id) {
    Api.Answer answer = cluster.node(0).api().get("/packages/" + id);
    return answer.status() == 200 && "done".equals(answer.json().getString("status"));
  }

  @Test
  void anEmptiedStoreDoesNotStopAPartitionWhoseDispatcherDies() {
    List<String> streams = StreamViewers.streams("emptied", 16);
    try (StreamViewers viewers = StreamViewers.watch(List.of(cluster.node(0)), streams, 1);
        CommentLoad load = CommentLoad.start(List.of(cluster.node(0)), streams, PER_SECOND)) {
      load.awaitMore(200, LIMIT);
      Map<String, Long> positions = positions(viewers, streams);
      flushAll();
      cluster.node(1).kill();
      Await.pass(Duration.ofSeconds(1));
      // One deadline for all: the last stream may not take as often as long as there are streams.
      long end = System.nanoTime() + Contention.allowedFor(Duration.ofSeconds(15)).toNanos();
      Map<String, String> probes = new HashMap<>();
      streams.forEach(
          s -> probes.put(s, cluster.node(0).api().accepted(s, "probe", "after the loss")));
      probes.forEach(
          (stream, id) -> {
            Duration left = Duration.ofNanos(Math.max(1, end - System.nanoTime()));
            viewers.of(stream).forEach(viewer -> viewer.awaitAll(List.of(id), left));
          });
      load.awaitMore(200, LIMIT);
      load.finish(LIMIT);
      viewers.of(streams.get(0)).forEach(TestViewer::checkOrdered);
      streams.forEach(
          stream -> resume(viewers, load, stream, Objects.requireNonNull(positions.get(stream))));
    }
  }

  private static Map<String, Long> positions(StreamViewers viewers, List<String> streams) {
    Map<String, Long> positions = new HashMap<>();
    streams.forEach(stream -> positions.put(stream, viewers.of(stream).get(0).position()));
    return positions;
  }

  /** Each accepted comment above the position is replayed, or lies in a gap. */
  private void resume(StreamViewers viewers, CommentLoad load, String stream, long position) {
    Map<String, Long> offsets = new HashMap<>();
    for (Event event : viewers.of(stream).get(0).events()) {
      if (event.offset() > position && load.accepted(stream).contains(event.id())) {
        offsets.put(event.id(), event.offset());
      }
    }
    try (TestViewer again = TestViewer.resume(cluster.node(2), stream, "again", position)) {
      again.awaitAllOrGaps(new HashSet<>(offsets.keySet()), offsets, LIMIT);
      again.checkOrdered();
    }
  }

  private static void flushAll() {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), Servers.redis().port())) {
      socket.getOutputStream().write("FLUSHALL\r\n".getBytes(StandardCharsets.US_ASCII));
      assertThat(socket.getInputStream().readNBytes(3)).startsWith('+', 'O', 'K');
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
