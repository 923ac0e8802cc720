package io.ovation.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.auth.TokenSigner;
import io.ovation.testkit.Api;
import io.ovation.testkit.Await;
import io.ovation.testkit.Contention;
import io.ovation.testkit.FaultProxy;
import io.ovation.testkit.NodeProcess;
import io.ovation.testkit.Ports;
import io.ovation.testkit.Servers;
import io.ovation.testkit.ShowLogs;
import io.ovation.testkit.TestCluster;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.SocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Three nodes, of which one reaches Redis through a proxy: what a moderator does at the first takes
 * effect on each within a second, also on one that was cut off meanwhile.
 */
@ExtendWith(ShowLogs.class)
class BansSpreadIT {
  private static final String SECRET = "a-secret-of-32-characters-or-more";
  private static final Duration PROMISED = Duration.ofSeconds(1);
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final String AGE = "ovation_moderation_age_seconds";
  private static final JsonObject BAN = JsonObject.of("for", "10m", "reason", "spam");

  private static final Vertx VERTX = Vertx.vertx();
  private static FaultProxy redis;
  private static TestCluster cluster;

  @BeforeAll
  static void start() {
    URI target = URI.create(Servers.redis().uri());
    redis =
        new FaultProxy(
            VERTX,
            "127.0.0.1",
            Ports.free(),
            () -> SocketAddress.inetSocketAddress(target.getPort(), target.getHost()));
    Map<String, String> all = Map.of("OVATION_AUTH_SECRET", SECRET);
    Map<String, String> last =
        Map.of("OVATION_AUTH_SECRET", SECRET, "OVATION_REDIS_URI", "redis://" + redis.address());
    cluster =
        TestCluster.start(
            node -> node == 2 ? last : all, TestCluster.ALL, TestCluster.ALL, TestCluster.ALL);
  }

  @AfterAll
  static void stop() {
    cluster.close();
    redis.close();
    VERTX.close();
  }

  private static Api moderator() {
    JsonObject claims = JsonObject.of("sub", "mod", "role", "moderator");
    claims.put("streams", JsonArray.of("*"));
    claims.put("exp", System.currentTimeMillis() / 1000 + 600);
    return Api.withToken(cluster.node(0).port(), TokenSigner.sign(SECRET, claims));
  }

  private static void ban(String user) {
    assertThat(moderator().method("PUT", "/streams/spread/bans/" + user, BAN).status())
        .isEqualTo(200);
  }

  private static int comment(NodeProcess node, String stream, String user) {
    JsonObject body = JsonObject.of("user", user, "text", "hi");
    return node.api().comment(stream, body).join().status();
  }

  /** Each of the nodes answers so before {@code allowed} is over. */
  private static void await(
      List<NodeProcess> nodes, String stream, String user, int status, Duration allowed) {
    long begun = System.nanoTime();
    for (NodeProcess node : nodes) {
      Duration left = allowed.minusNanos(System.nanoTime() - begun);
      Await.until(
          () -> status + " for " + user + " at " + node,
          left,
          () -> comment(node, stream, user) == status);
    }
  }

  @Test
  void aBanItsEndAndSettingsTakeEffectOnEachNodeWithinASecond() {
    for (String user : List.of("carol", "chris", "claire")) {
      await(cluster.nodes(), "spread", user, 202, LIMIT);
      Duration allowed = Contention.allowedFor(PROMISED);
      ban(user);
      await(cluster.nodes(), "spread", user, 403, allowed);
    }
    await(cluster.nodes(), "spread", "dave", 202, LIMIT);
    Duration allowed = Contention.allowedFor(PROMISED);
    assertThat(moderator().method("DELETE", "/streams/spread/bans/carol").status()).isEqualTo(204);
    await(cluster.nodes(), "spread", "carol", 202, allowed);
    assertThat(moderator().get("/streams/spread/bans").json().getJsonArray("bans")).hasSize(2);
    JsonObject readOnly = JsonObject.of("read_only", true);
    assertThat(moderator().method("PUT", "/streams/quiet/settings", readOnly).status())
        .isEqualTo(200);
    await(cluster.nodes(), "quiet", "dave", 403, allowed);
  }

  @Test
  void aNodeThatWasFrozenMeanwhileHasTheBanWithinASecond() {
    NodeProcess frozen = cluster.node(2);
    await(List.of(frozen), "spread", "erin", 202, LIMIT);
    Duration allowed = Contention.allowedFor(PROMISED);
    frozen.pause();
    try {
      ban("erin");
      await(cluster.nodes().subList(0, 2), "spread", "erin", 403, allowed);
    } finally {
      frozen.resume();
    }
    await(List.of(frozen), "spread", "erin", 403, allowed);
  }

  @Test
  void aNodeThatTheStoreWasCutOffFromHasTheBanWithinASecond() {
    NodeProcess cutOff = cluster.node(2);
    await(List.of(cutOff), "spread", "frank", 202, LIMIT);
    Duration allowed = Contention.allowedFor(PROMISED);
    redis.cut();
    try {
      ban("frank");
      await(cluster.nodes().subList(0, 2), "spread", "frank", 403, allowed);
      // Its calls to the store have ended without an answer by then, and have been repeated.
      Await.until("its age", LIMIT, () -> cutOff.metrics().sum(AGE) > 8);
      assertThat(comment(cutOff, "spread", "frank")).isEqualTo(202);
    } finally {
      redis.heal();
    }
    await(List.of(cutOff), "spread", "frank", 403, allowed);
  }
}
