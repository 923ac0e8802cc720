package io.ovation.e2e;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.testkit.Await;
import io.ovation.testkit.Mutator;
import io.ovation.testkit.NodeProcess;
import io.ovation.testkit.NodeSpec;
import io.ovation.testkit.RawHttp;
import io.ovation.testkit.RawViewer;
import io.ovation.testkit.ShowLogs;
import io.ovation.testkit.TestViewer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Damaged requests and frames, the same ones for the same {@code fuzz.seed}: none is answered by a
 * failure of the server, none leaks, and the node goes on serving. {@code fuzz.count} of each kind.
 */
@ExtendWith(ShowLogs.class)
class FuzzIT {
  private static final int COUNT = Integer.getInteger("fuzz.count", 20_000);
  private static final long SEED = Long.getLong("fuzz.seed", 20_261_126L);
  private static final int THREADS = 16;
  private static final int FRAMES_PER_CONNECTION = 50;
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final Pattern STATUS = Pattern.compile("HTTP/1\\.[01] (\\d{3}) ");

  /** The SockJS protocol demands 500 for what it can't read. */
  private static final Pattern SOCKJS_REFUSAL =
      Pattern.compile("\r\n\r\n(Payload expected|Broken JSON encoding)\\.");

  /** What follows each damaged request, so that its answer is followed by the end. */
  private static final String LAST =
      "GET /health/live HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

  private static final List<byte[]> REQUESTS =
      Stream.of(
              post("/streams/s1/comments", "{\"user\":\"al\",\"text\":\"hi\",\"id\":\"i1\"}"),
              post("/streams/s1/reactions", "{\"user\":\"al\",\"kind\":\"like\",\"count\":3}"),
              post("/callback", "{\"object_ids\":[1,2,3]}"),
              post(
                  "/packages",
                  "{\"id\":\"p1\",\"type\":\"none\",\"payload\":{\"a\":[1,2.5,null]}}"),
              post("/packages/p1/send-back", ""),
              post("/live/000/fuzz/xhr", ""),
              post("/live/000/fuzz/xhr_send", "[\"{\\\"type\\\":\\\"ping\\\"}\"]"),
              RawHttp.head("GET", "/streams/s1?x=1", "", 0),
              RawHttp.head("GET", "/objects?limit=10&after=5", "", 0),
              RawHttp.head("GET", "/objects/7", "", 0),
              RawHttp.head("GET", "/packages/p1", "", 0),
              RawHttp.head("HEAD", "/openapi.yaml", "", 0),
              RawHttp.head("GET", "/live/info", "", 0),
              "GET /streams/s1/events?user=al HTTP/1.1\r\nHost: a\r\nLast-Event-ID: 5\r\n\r\n",
              "POST /callback HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                  + "14\r\n{\"object_ids\":[1,2]}\r\n0\r\n\r\n",
              "GET /live/websocket HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\n"
                  + "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                  + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
          .map(request -> request.getBytes(UTF_8))
          .toList();

  private static final List<String> MESSAGES =
      List.of(
          "{\"type\":\"watch\",\"stream\":\"s1\",\"user\":\"bob\"}",
          "{\"type\":\"watch\",\"stream\":\"s2\",\"user\":\"bob\",\"since\":12345,\"region\":\"local\"}",
          "{\"type\":\"comment\",\"text\":\"hi\",\"id\":\"c1\"}",
          "{\"type\":\"reaction\",\"kind\":\"like\",\"count\":2}",
          "{\"type\":\"ping\"}");

  private static NodeProcess node;
  private static TestViewer bystander;
  private static long files;
  private static long residentKib;

  private static String post(String path, String body) {
    return RawHttp.head("POST", path, "application/json", body.length()) + body;
  }

  @BeforeAll
  static void start() throws IOException {
    NodeSpec spec =
        NodeSpec.named("fuzz")
            .env("JAVA_TOOL_OPTIONS", "-Dio.netty.leakDetection.level=paranoid -Xmx256m")
            .env("OVATION_LIVENESS_ORIGIN", "http://127.0.0.1:1")
            .env("OVATION_VIEWER_CONNECT_RATE", "0")
            .env("OVATION_VIEWER_MESSAGES_PER_SECOND", "100000")
            .env("OVATION_VIEWER_FRAMES_PER_SECOND", "100000")
            .env("OVATION_VIEWER_WATCHES_PER_SECOND", "1000");
    node = NodeProcess.start(spec).awaitReady();
    bystander = TestViewer.watch(node, "bystander", "carol");
    requests(500, SEED + 1);
    files = openFiles();
    residentKib = residentKib();
  }

  @AfterAll
  static void stop() {
    bystander.close();
    node.close();
  }

  @AfterEach
  void nothingIsLeft() throws Exception {
    Await.until("connections to close", LIMIT, () -> openFiles() <= files + THREADS);
    for (int i = 0; i < 3; i++) {
      new ProcessBuilder("jcmd", Long.toString(node.pid()), "GC.run").start().waitFor();
      String id = node.api().accepted("bystander", "alice", "still there?");
      bystander.awaitAll(Set.of(id), LIMIT);
    }
    assertThat(residentKib()).as("KiB").isLessThan(residentKib + 200 * 1024);
    try (Stream<String> log = Files.lines(node.spec().dir().resolve("node.log"))) {
      assertThat(log.filter(line -> line.contains("LEAK") || line.contains(" ERROR "))).isEmpty();
    }
  }

  @Test
  void damagedRequestsAreAnsweredWithoutAFailure() {
    requests(COUNT, SEED);
  }

  private static void requests(int count, long seed) {
    inThreads(
        thread -> {
          Mutator mutator = new Mutator(seed * THREADS + thread);
          for (int i = 0; i < count / THREADS; i++) {
            byte[] request = mutator.damaged(mutator.oneOf(REQUESTS));
            assertServed(request, exchange(request));
          }
        });
  }

  private static void assertServed(byte[] request, String answers) {
    String about = new String(request, ISO_8859_1) + "\n---\n" + answers;
    Matcher status = STATUS.matcher(answers);
    while (status.find()) {
      boolean sockJs = SOCKJS_REFUSAL.matcher(answers).find(status.start());
      assertThat(Integer.parseInt(status.group(1))).as(about).isLessThan(sockJs ? 501 : 500);
    }
    assertThat(answers).as(about).doesNotContain("\tat ").doesNotContain("Exception");
  }

  /** Everything that is answered until the connection closes, or nothing comes any more. */
  private static String exchange(byte[] request) {
    try (Socket socket = new Socket("127.0.0.1", node.port())) {
      socket.setSoTimeout(300);
      ByteArrayOutputStream answers = new ByteArrayOutputStream();
      try {
        socket.getOutputStream().write(request);
        socket.getOutputStream().write(LAST.getBytes(UTF_8));
        InputStream in = socket.getInputStream();
        byte[] chunk = new byte[4_096];
        for (int n = in.read(chunk); n >= 0 && answers.size() < 1 << 20; n = in.read(chunk)) {
          answers.write(chunk, 0, n);
        }
      } catch (SocketTimeoutException stillOpen) {
        return answers.toString(ISO_8859_1);
      } catch (IOException reset) {
        return answers.toString(ISO_8859_1);
      }
      return answers.toString(ISO_8859_1);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"/live/websocket", "/live/000/fuzz%d/websocket"})
  void damagedFramesAreTakenWithoutAFailure(String path) {
    boolean sockJs = path.contains("%d");
    inThreads(
        thread -> {
          Mutator mutator = new Mutator(SEED * THREADS + thread);
          for (int sent = 0; sent < COUNT / THREADS; sent += FRAMES_PER_CONNECTION) {
            frames(mutator, String.format(path, thread * 1_000_000 + sent), sockJs);
          }
        });
  }

  private static void frames(Mutator mutator, String path, boolean sockJs) {
    try (RawViewer viewer = new RawViewer(node.port(), path)) {
      for (int i = 0; i < FRAMES_PER_CONNECTION; i++) {
        String message = mutator.oneOf(MESSAGES);
        byte[] payload =
            (sockJs ? "[\"" + message.replace("\"", "\\\"") + "\"]" : message).getBytes(UTF_8);
        // Most damage is within a frame, so that what is behind the frame decoder is reached.
        boolean within = mutator.below(10) > 0;
        byte[] frame =
            RawViewer.frame(
                mutator.below(20) > 0,
                mutator.below(20) > 0 ? RawViewer.TEXT : mutator.below(16),
                within ? mutator.damaged(payload) : payload);
        viewer.write(within ? frame : mutator.damaged(frame));
      }
    } catch (UncheckedIOException closed) {
      // The server closes a connection that breaks the protocol.
      assertThat(closed).isNotNull();
    }
  }

  private static void inThreads(IntConsumer task) {
    ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    try {
      List<? extends Future<?>> all =
          IntStream.range(0, THREADS)
              .mapToObj(thread -> threads.submit(() -> task.accept(thread)))
              .toList();
      for (Future<?> one : all) {
        one.get(30, TimeUnit.MINUTES);
      }
    } catch (Exception e) {
      throw new AssertionError(e.getCause() == null ? e : e.getCause());
    } finally {
      threads.shutdownNow();
    }
  }

  private static long openFiles() {
    try (Stream<Path> all = Files.list(Path.of("/proc/" + node.pid() + "/fd"))) {
      return all.count();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static long residentKib() throws IOException {
    try (Stream<String> lines = Files.lines(Path.of("/proc/" + node.pid() + "/status"))) {
      return lines
          .filter(line -> line.startsWith("VmRSS:"))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
          .sum();
    }
  }
}
