package io.ovation.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.testkit.Await;
import io.ovation.testkit.ClusterXml;
import io.ovation.testkit.Contention;
import io.ovation.testkit.NodeProcess;
import io.ovation.testkit.NodeScript;
import io.ovation.testkit.NodeSpec;
import io.ovation.testkit.ShowLogs;
import io.ovation.testkit.TestViewer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The first minute: one command, a page, two people who talk. */
@ExtendWith(ShowLogs.class)
class StartIT {
  /** The promise is a time on an idle machine: the best of this many starts counts. */
  private static final int STARTS = 3;

  private static final Duration LIMIT = Duration.ofSeconds(5);
  private static final Pattern READY_IN = Pattern.compile("ready in \\d+ ms");

  @Test
  void loneNodeIsReadyWithinThreeSeconds() {
    assertThat(fastestStart(() -> NodeSpec.named("lone"))).isLessThan(allowed(3));
  }

  @Test
  void clusteredNodeIsReadyWithinEightSeconds() {
    Supplier<NodeSpec> spec = () -> NodeSpec.named("clustered").in(ClusterXml.of(1).get(0));
    assertThat(fastestStart(spec)).isLessThan(allowed(8));
  }

  private static Duration allowed(int seconds) {
    return Contention.allowedFor(Duration.ofSeconds(seconds));
  }

  @Test
  void sockjsClientAndBareWebSocketSpeakTheViewerProtocol() {
    try (NodeProcess node = NodeProcess.start(NodeSpec.named("protocol")).awaitReady()) {
      NodeScript.run("protocol.mjs", "http://127.0.0.1:" + node.port());
    }
  }

  /**
   * {@code bin/start} in a copy of the checkout, with the jar that the tests run, to save a build.
   */
  @Test
  void binStartRunsANodeOnWhichTwoBrowsersTalkWithinOneSecond() throws IOException {
    NodeSpec spec = NodeSpec.named("checkout");
    for (String part : List.of("bin", "src", "conf", "cluster.xml", "pom.xml", "client")) {
      copy(Path.of(part), spec.dir());
    }
    // The last, so that it is newer than its sources.
    copy(Path.of("target", "app.jar"), spec.dir());
    try (NodeProcess node = NodeProcess.start(spec, List.of("bin/start")).awaitReady()) {
      NodeScript.run("page.mjs", "http://127.0.0.1:" + node.port());
      assertThat(node.terminate()).isIn(0, 143);
      assertThat(node.log()).doesNotContain("Building");
    }
  }

  private static void copy(Path from, Path checkout) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.filter(f -> !f.toString().contains("node_modules")).toList()) {
        Path copy = checkout.resolve(file);
        if (Files.isDirectory(file)) {
          Files.createDirectories(copy);
        } else {
          Files.createDirectories(Objects.requireNonNull(copy.getParent()));
          Files.copy(file, copy);
          assertThat(copy.toFile().setExecutable(Files.isExecutable(file))).isTrue();
        }
      }
    }
  }

  /** The one test of a real node in {@code bin/test --quick}. */
  @Test
  void aNodeServesACommentAndEndsInGoodOrder(@TempDir Path temporary) {
    NodeSpec spec =
        NodeSpec.named("ends").env("JAVA_TOOL_OPTIONS", "-Djava.io.tmpdir=" + temporary);
    try (NodeProcess node = NodeProcess.start(spec).awaitReady();
        TestViewer viewer = TestViewer.watch(node, "s1", "bob")) {
      String id = node.api().accepted("s1", "alice", "hi");
      viewer.awaitExactly(List.of(id), TestViewer.LIMIT);
      assertThat(node.api().get("/").status()).isEqualTo(200);
      assertThat(temporary.toFile().list()).as("what a kill would leave behind").isEmpty();
      // 128 + SIGTERM is what a JVM answers after its shutdown hooks ran.
      assertThat(node.terminate()).isIn(0, 143);
    }
  }

  @Test
  void mistypedKeyStopsTheStartAndNamesTheRightOne() throws IOException {
    NodeSpec spec = NodeSpec.named("mistyped");
    Path file = spec.dir().resolve("conf").resolve("ovation.yaml");
    Files.createDirectories(file.getParent());
    Files.writeString(file, "http:\n  prot: 8081\n");
    try (NodeProcess node = NodeProcess.start(spec)) {
      assertThat(node.awaitExit()).isNotZero();
      assertThat(node.log()).contains("http.prot").contains("http.port");
    }
  }

  @Test
  void takenPortStopsTheStartAndSaysWhatToDo() {
    NodeSpec first = NodeSpec.named("first");
    NodeSpec second =
        NodeSpec.named("second").env("OVATION_HTTP_PORT", String.valueOf(first.port()));
    try (NodeProcess holds = NodeProcess.start(first).awaitReady();
        NodeProcess wants = NodeProcess.start(second)) {
      assertThat(wants.awaitExit()).isEqualTo(78);
      assertThat(wants.log()).contains("OVATION_HTTP_PORT").doesNotContain("\tat ");
      assertThat(second.dir().resolve("data")).as("nothing was opened").doesNotExist();
      assertThat(holds.alive()).isTrue();
    }
  }

  @Test
  void changedNumberOfPartitionsIsRefused() {
    NodeSpec spec = NodeSpec.named("partitions");
    try (NodeProcess node = NodeProcess.start(spec).awaitReady()) {
      node.terminate();
    }
    try (NodeProcess node = NodeProcess.start(spec.env("OVATION_PARTITIONS", "8"))) {
      assertThat(node.awaitExit()).isNotZero();
      assertThat(node.log()).contains("partitions").contains("16").contains("8");
    }
  }

  private static Duration fastestStart(Supplier<NodeSpec> specs) {
    Duration best = Duration.ofDays(1);
    for (int i = 0; i < STARTS; i++) {
      long begin = System.nanoTime();
      try (NodeProcess node = NodeProcess.startPlain(specs.get()).awaitReady()) {
        Duration took = Duration.ofNanos(System.nanoTime() - begin);
        best = took.compareTo(best) < 0 ? took : best;
        Await.until("the log to say it", LIMIT, () -> READY_IN.matcher(node.log()).find());
      }
    }
    return best;
  }
}
