package io.ovation.http;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ovation.config.Config;
import io.ovation.config.ConfigException;
import io.ovation.config.ConfigLoader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PortProbeTest {

  @Test
  void aTakenPortIsRefusedUntilItIsFree() throws IOException {
    Config viewers;
    Config operators;
    try (ServerSocket holds = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String port = "" + holds.getLocalPort();
      viewers = config("OVATION_HTTP_PORT", port);
      operators = config("OVATION_OPERATE_PORT", port);
      assertThatThrownBy(() -> PortProbe.require(viewers))
          .isInstanceOf(ConfigException.class)
          .hasMessageContainingAll("127.0.0.1:" + port, "OVATION_HTTP_PORT");
      assertThatThrownBy(() -> PortProbe.require(operators))
          .isInstanceOf(ConfigException.class)
          .hasMessageContainingAll("127.0.0.1:" + port, "OVATION_OPERATE_PORT");
    }
    assertThatCode(() -> PortProbe.require(viewers)).doesNotThrowAnyException();
    assertThatCode(() -> PortProbe.require(operators)).doesNotThrowAnyException();
  }

  /** It may be taken on this machine or not: another is bound then. */
  @Test
  void theOperatorsDefaultPortStopsNoStart() {
    Config config = config("OVATION_OPERATE_PORT", "9090");
    assertThatCode(() -> PortProbe.require(config)).doesNotThrowAnyException();
  }

  private static Config config(String variable, String port) {
    Map<String, String> environment =
        variable.equals("OVATION_HTTP_PORT")
            ? Map.of("OVATION_HTTP_HOST", "127.0.0.1", variable, port)
            : Map.of("OVATION_HTTP_PORT", "0", variable, port);
    ConfigLoader loader = new ConfigLoader(null, environment);
    return loader.load(null).config();
  }
}
