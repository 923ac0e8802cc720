package io.ovation.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.load.LoadCommand;
import io.ovation.testkit.NodeProcess;
import io.ovation.testkit.NodeSpec;
import io.ovation.testkit.Ports;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** The load generator against a node, and against none. */
class LoadIT {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  private int load(String... arguments) {
    return LoadCommand.run(arguments, new PrintStream(bytes, true, StandardCharsets.UTF_8));
  }

  private String said() {
    return bytes.toString(StandardCharsets.UTF_8);
  }

  @Test
  void eachTransportReceivesEachCommentOnce() {
    try (NodeProcess node = NodeProcess.start(NodeSpec.named("loaded")).awaitReady()) {
      String url = "http://127.0.0.1:" + node.port();
      for (String transport : new String[] {"websocket", "sse", "xhr"}) {
        bytes.reset();
        int code =
            load(
                "--url=" + url,
                "--viewers=20",
                "--streams=2",
                "--rate=20",
                "--seconds=1",
                "--transport=" + transport);
        assertThat(said())
            .contains("20 of 20 viewers watch", "202=20", "delivered 200, lost 0, doubled 0");
        assertThat(code).isZero();
      }
    }
  }

  @Test
  void withoutANodeItFailsAndSaysWhy() {
    int code = load("--url=http://127.0.0.1:" + Ports.free(), "--viewers=2", "--watch-seconds=1");
    assertThat(code).isEqualTo(1);
    assertThat(said()).contains("0 of 2 viewers watch", "refused");
  }

  @Test
  void wrongOptionsAreExplained() {
    assertThat(load("--viewers=many")).isEqualTo(64);
    assertThat(said()).contains("--viewers", "many");
    assertThat(load("--rate=0")).isEqualTo(64);
    assertThat(load("--speed=9")).isEqualTo(64);
    assertThat(said()).contains("--speed");
    assertThat(load("--help")).isZero();
    assertThat(said()).contains("--connect-rate", "websocket, sse", "load-0");
  }
}
