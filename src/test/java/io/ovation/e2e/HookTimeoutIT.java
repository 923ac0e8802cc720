package io.ovation.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.testkit.Api;
import io.ovation.testkit.NodeProcess;
import io.ovation.testkit.NodeSpec;
import io.ovation.testkit.RawHttp;
import io.ovation.testkit.RawViewer;
import io.ovation.testkit.ShowLogs;
import io.ovation.testkit.TestViewer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Hooks that take each call and never answer it: at each door, what {@code hooks.on_timeout} says
 * takes effect.
 */
@ExtendWith(ShowLogs.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HookTimeoutIT {
  private static final List<String> POLICIES = List.of("allow", "deny", "hold");
  private static final String COMMENTS = "/streams/s1/comments";
  private static final String COMMENT = "{\"user\":\"alice\",\"text\":\"hi\"}";
  private static final String EVENTS =
      "GET /streams/s1/events?user=bob HTTP/1.1\r\nHost: x\r\n\r\n";

  private final List<Socket> hanging = new ArrayList<>();
  private final Map<String, NodeProcess> nodes = new LinkedHashMap<>();
  private ServerSocket hook;

  @BeforeAll
  void start() throws IOException {
    hook = new ServerSocket(0, 500, InetAddress.getLoopbackAddress());
    Thread taking = new Thread(this::takeAll, "hook");
    taking.setDaemon(true);
    taking.start();
    String url = "http://127.0.0.1:" + hook.getLocalPort() + "/";
    for (String policy : POLICIES) {
      nodes.put(
          policy,
          NodeProcess.start(
              NodeSpec.named("hook-" + policy)
                  .env("OVATION_HOOKS_WATCH", url)
                  .env("OVATION_HOOKS_COMMENT", url)
                  .env("OVATION_HOOKS_SECRET", "a-secret-of-hooks")
                  .env("OVATION_HOOKS_ON_TIMEOUT", policy)));
    }
    nodes.values().forEach(NodeProcess::awaitReady);
  }

  private void takeAll() {
    try {
      while (true) {
        hanging.add(hook.accept());
      }
    } catch (IOException closed) {
      // The test is over.
    }
  }

  @AfterAll
  void stop() throws IOException {
    nodes.values().forEach(NodeProcess::close);
    hook.close();
  }

  /** A watch that is to be held is allowed: nobody could decide on it. */
  @Test
  void eachDoorForViewersAllowsOrRefusesWhoeverTheHookDoesNotAnswerFor() {
    String watch = TestViewer.watchMessage("s1", "bob").encode();
    nodes.forEach(
        (policy, node) -> {
          boolean allowed = !policy.equals("deny");
          for (String path : List.of("/live/websocket", "/live/000/ws/websocket")) {
            try (RawViewer viewer = new RawViewer(node.port(), path)) {
              viewer.say(path.equals("/live/websocket") ? watch : JsonArray.of(watch).encode());
              assertWatch(policy + path, allowed, viewer.next());
            }
          }
          String session = "/live/000/polling";
          assertThat(node.api().post(session + "/xhr", "").text()).isEqualTo("o\n");
          node.api().post(session + "/xhr_send", JsonArray.of(watch).encode());
          String polled = node.api().post(session + "/xhr", "").text();
          assertWatch(
              policy + session,
              allowed,
              new JsonObject(new JsonArray(polled.substring(1)).getString(0)));
          try (RawHttp http = new RawHttp(node.port())) {
            http.write(EVENTS);
            assertThat(http.read(true).status()).as(policy).isEqualTo(allowed ? 200 : 503);
          }
        });
  }

  private static void assertWatch(String door, boolean allowed, JsonObject answer) {
    if (allowed) {
      assertThat(answer.getString("type")).as(door).isEqualTo("watching");
    } else {
      assertThat(answer.getString("code")).as(door).isEqualTo("unavailable");
      assertThat(answer.getLong("retry_after_ms")).as(door).isPositive();
    }
  }

  /** A viewer on a socket has been let in by a node that denies nobody. */
  @Test
  void eachDoorForCommentsAcceptsHoldsOrRefusesWhatTheHookDoesNotAnswerFor() {
    nodes.forEach(
        (policy, node) -> {
          Api.Answer answer = node.api().post(COMMENTS, COMMENT);
          assertThat(answer.status()).as(policy).isEqualTo(policy.equals("deny") ? 503 : 202);
          if (policy.equals("hold")) {
            assertThat(answer.json().getString("status")).isEqualTo("held");
          }
          if (!policy.equals("deny")) {
            try (TestViewer viewer = TestViewer.watch(node, "s1", "carol")) {
              viewer.send(JsonObject.of("type", "comment", "text", "hi", "id", "c1"));
              JsonObject accepted = viewer.awaitMessage("accepted", 0);
              assertThat(accepted.getBoolean("held", false)).isEqualTo(policy.equals("hold"));
            }
          }
          assertThat(
                  node.metrics()
                      .sum("ovation_hooks_calls_total{hook=\"comment\",outcome=\"timeout\"}"))
              .as(policy)
              .isPositive();
        });
  }
}
