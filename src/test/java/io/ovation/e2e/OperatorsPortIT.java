package io.ovation.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.testkit.Api;
import io.ovation.testkit.NodeProcess;
import io.ovation.testkit.NodeSpec;
import io.ovation.testkit.RawHttp;
import io.ovation.testkit.ShowLogs;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What viewers must never reach is on a port of its own. */
@ExtendWith(ShowLogs.class)
class OperatorsPortIT {
  private static final String TOKEN = "a-token-of-operators";
  static final List<String> OPERATORS_ONLY =
      List.of(
          "/metrics",
          "//metrics",
          "/metrics/",
          "/partitions",
          "/admin/events",
          "/admin/bans",
          "/%6detrics",
          "/x/../metrics",
          "/queue/dead-letters?queue=packages",
          "/queue/dead-letters/packages/1");

  @Test
  void viewersPortHasNoneOfTheOperatorsRoutes() {
    try (NodeProcess node = NodeProcess.start(NodeSpec.named("ports")).awaitReady()) {
      for (String path : OPERATORS_ONLY) {
        assertThat(node.api().get(path).status()).as(path).isEqualTo(404);
      }
      assertThat(node.api().get("/admin").status()).isEqualTo(404);
      assertThat(node.api().method("DELETE", "/queue/dead-letters/packages").status())
          .isEqualTo(404);
      assertThat(node.operators().get("/metrics").text()).contains("ovation_build_info");
      assertThat(node.operators().get("/queue/dead-letters?queue=packages").status())
          .isEqualTo(200);
      assertThat(node.operators().get("/health/ready").status()).isEqualTo(200);
      assertThat(node.operators().get("/streams/s1").status()).isEqualTo(404);
      assertThat(node.log()).containsOnlyOnce("names of users are taken on trust");
    }
  }

  @Test
  void withATokenOnlyWhoSendsItPassesAndProbesDo() throws Exception {
    NodeSpec spec = NodeSpec.named("token").env("OVATION_OPERATE_TOKEN", TOKEN);
    try (NodeProcess node = NodeProcess.start(spec).awaitReady()) {
      int port = spec.operatePort();
      Api anybody = new Api(port);
      for (String path : OPERATORS_ONLY) {
        Api.Answer refused = anybody.get(path);
        assertThat(refused.status()).as(path).isIn(401, 404);
        assertThat(refused.text()).doesNotContain("ovation_build_info", TOKEN);
      }
      assertThat(anybody.get("/metrics").json().getString("code")).isEqualTo("unauthorized");
      for (String wrong :
          List.of("", "Bearer ", "Bearer " + TOKEN + "x", "Basic " + TOKEN, TOKEN)) {
        assertThat(metrics(port, wrong)).as(wrong).isEqualTo(401);
      }
      assertThat(metrics(port, "Bearer " + TOKEN)).isEqualTo(200);
      assertThat(anybody.get("/health/live").status()).isEqualTo(200);
      assertThat(node.log()).doesNotContain(TOKEN);
    }
  }

  private static int metrics(int port, String authorization) throws Exception {
    try (RawHttp http = new RawHttp(port)) {
      http.write(
          "GET /metrics HTTP/1.1\r\nHost: localhost\r\nAuthorization: "
              + authorization
              + "\r\n\r\n");
      return http.read().status();
    }
  }

  @Test
  void pastLoopbackItStartsOnlyWithAToken() {
    NodeSpec open = NodeSpec.named("open").env("OVATION_OPERATE_HOST", "0.0.0.0");
    try (NodeProcess node = NodeProcess.start(open)) {
      assertThat(node.awaitExit()).isEqualTo(78);
      assertThat(node.log()).contains("operate.token").doesNotContain("\tat ");
    }
    NodeSpec token = open.env("OVATION_OPERATE_TOKEN", TOKEN);
    try (NodeProcess node = NodeProcess.start(token).awaitReady()) {
      assertThat(node.operators().get("/health/ready").status()).isEqualTo(200);
    }
  }

  @Test
  void secondNodeOfAMachineTakesAnotherPortIfNoneIsConfigured() {
    NodeSpec first = NodeSpec.named("first").env("OVATION_OPERATE_PORT", "9090");
    NodeSpec second = NodeSpec.named("second").env("OVATION_OPERATE_PORT", "9090");
    try (NodeProcess one = NodeProcess.start(first).awaitReady();
        NodeProcess two = NodeProcess.start(second).awaitReady()) {
      assertThat(operatorsPort(two)).isNotEqualTo(operatorsPort(one));
      assertThat(new Api(operatorsPort(two)).get("/metrics").status()).isEqualTo(200);
      NodeSpec third = NodeSpec.named("third").env("OVATION_OPERATE_PORT", "" + operatorsPort(two));
      try (NodeProcess refused = NodeProcess.start(third)) {
        assertThat(refused.awaitExit()).isEqualTo(78);
        assertThat(refused.log()).contains("OVATION_OPERATE_PORT");
      }
    }
  }

  private static int operatorsPort(NodeProcess node) {
    Matcher port = Pattern.compile("operators' port (\\d+)").matcher(node.log());
    assertThat(port.find()).isTrue();
    return Integer.parseInt(port.group(1));
  }
}
