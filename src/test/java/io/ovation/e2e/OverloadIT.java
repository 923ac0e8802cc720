package io.ovation.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.testkit.Await;
import io.ovation.testkit.Contention;
import io.ovation.testkit.NodeProcess;
import io.ovation.testkit.NodeSpec;
import io.ovation.testkit.ShowLogs;
import io.ovation.testkit.TestViewer;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Ten times as many senders as the ingress has places, none of which waits when it is refused. */
@Tag("alone")
@ExtendWith(ShowLogs.class)
class OverloadIT {
  private static final int PLACES = 100;
  private static final int SENDERS = 10 * PLACES;
  private static final Duration LOAD = Duration.ofSeconds(20);
  private static final Duration P99 = Duration.ofSeconds(1);
  private static final Duration NORMAL_AGAIN = Duration.ofSeconds(5);
  private static final int HEAP_MIB = 256;

  /** The heap, classes, threads, and direct buffers, of which there may be as much as heap. */
  private static final int MOST_MIB = 2 * HEAP_MIB + 300;

  private static final Buffer COMMENT = Buffer.buffer("{\"user\":\"alice\",\"text\":\"hello\"}");

  private final Vertx vertx = Vertx.vertx();
  private final Map<Integer, LongAdder> answers = new ConcurrentHashMap<>();
  private final LongAdder unanswered = new LongAdder();

  /** How long each request that was answered 202 took, in nanoseconds. */
  private final Queue<Long> accepted = new ConcurrentLinkedQueue<>();

  private final AtomicInteger sending = new AtomicInteger(SENDERS);

  @Test
  void eachRequestIsAnsweredMemoryIsBoundedAndTheNodeRecovers() throws Exception {
    NodeSpec spec =
        NodeSpec.named("overload")
            .env("JAVA_TOOL_OPTIONS", "-Xmx" + HEAP_MIB + "m")
            .env("OVATION_INGRESS_IN_FLIGHT", Integer.toString(PLACES));
    try (NodeProcess node = NodeProcess.start(spec).awaitReady();
        TestViewer viewer = TestViewer.watch(node, "normal", "bob")) {
      PoolOptions pool = new PoolOptions().setHttp1MaxSize(SENDERS);
      HttpClient client = vertx.createHttpClient(new HttpClientOptions(), pool);
      long end = System.nanoTime() + LOAD.toNanos();
      for (int i = 0; i < SENDERS; i++) {
        send(client, node.port(), end);
      }
      Await.until("the senders to end", LOAD.multipliedBy(3), () -> sending.get() == 0);
      assertThat(answers.keySet()).as("" + answers).isSubsetOf(202, 429, 503);
      assertThat(answers).containsKeys(202, 429);
      assertThat(unanswered.sum())
          .as("requests without an answer, or refused without Retry-After")
          .isZero();
      assertThat(p99(accepted))
          .as("p99 of %d accepted", accepted.size())
          .isLessThan(Contention.allowedFor(P99));
      assertThat(residentMib(node)).as("MiB").isLessThan(MOST_MIB);

      long over = System.nanoTime();
      String id = node.api().accepted("normal", "alice", "as before");
      viewer.awaitAll(Set.of(id), NORMAL_AGAIN);
      assertThat(System.nanoTime() - over).isLessThan(NORMAL_AGAIN.toNanos());
    } finally {
      vertx.close().await(20, TimeUnit.SECONDS);
    }
  }

  private static Duration p99(Collection<Long> nanos) {
    List<Long> sorted = nanos.stream().sorted().toList();
    return Duration.ofNanos(sorted.get(sorted.size() * 99 / 100));
  }

  private void send(HttpClient client, int port, long end) {
    long began = System.nanoTime();
    client
        .request(HttpMethod.POST, port, "127.0.0.1", "/streams/busy/comments")
        .compose(request -> request.send(COMMENT))
        .compose(answer -> answer.body().map(answer))
        .onSuccess(answer -> count(answer, began))
        .onFailure(e -> unanswered.increment())
        .onComplete(
            done -> {
              if (done.succeeded() && System.nanoTime() < end) {
                send(client, port, end);
              } else {
                sending.decrementAndGet();
              }
            });
  }

  private void count(HttpClientResponse answer, long began) {
    if (answer.statusCode() == 202) {
      accepted.add(System.nanoTime() - began);
    }
    answers.computeIfAbsent(answer.statusCode(), status -> new LongAdder()).increment();
    if (answer.statusCode() != 202 && answer.getHeader("retry-after") == null) {
      unanswered.increment();
    }
  }

  private static long residentMib(NodeProcess node) throws IOException {
    try (Stream<String> lines = Files.lines(Path.of("/proc/" + node.pid() + "/status"))) {
      return lines
              .filter(line -> line.startsWith("VmHWM:"))
              .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
              .sum()
          / 1024;
    }
  }
}
