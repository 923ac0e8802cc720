package io.ovation.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.auth.TokenSigner;
import io.ovation.testkit.Api;
import io.ovation.testkit.ShowLogs;
import io.ovation.testkit.TestCluster;
import io.ovation.testkit.TestViewer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * What a moderator does at one node of a cluster, as the viewers and authors of the other see it.
 */
@ExtendWith(ShowLogs.class)
class ModerationIT {
  private static final String SECRET = "a-secret-of-32-characters-or-more";

  private static TestCluster cluster;

  @BeforeAll
  static void start() {
    cluster = TestCluster.start(Map.of("OVATION_AUTH_SECRET", SECRET), "", "");
  }

  @AfterAll
  static void stop() {
    cluster.close();
  }

  /** The first node, as its moderator sees it. */
  private static Api moderator() {
    JsonObject claims = new JsonObject().put("sub", "mod").put("role", "moderator");
    claims.put("streams", JsonArray.of("*"));
    claims.put("exp", System.currentTimeMillis() / 1000 + 600);
    return Api.withToken(cluster.node(0).port(), TokenSigner.sign(SECRET, claims));
  }

  private static Api.Answer comment(String stream, String user) {
    JsonObject body = new JsonObject().put("user", user).put("text", "hi");
    return cluster.node(1).api().post("/streams/" + stream + "/comments", body.encode());
  }

  @Test
  void aDeletedCommentIsTakenFromViewersAndHistory() {
    try (TestViewer viewer = TestViewer.watch(cluster.node(1), "deleted", "bob")) {
      String id = cluster.node(1).api().accepted("deleted", "alice", "rude");
      viewer.awaitMessage("comment", m -> m.getString("id").equals(id));
      String path = "/streams/deleted/comments/" + id + "?user=alice";
      assertThat(cluster.node(0).api().method("DELETE", path).status()).isEqualTo(401);
      assertThat(moderator().method("DELETE", path).status()).isEqualTo(202);
      viewer.awaitMessage("deleted", m -> m.getString("id").equals(id));
    }
    JsonArray history =
        cluster.node(1).api().get("/streams/deleted/comments").json().getJsonArray("comments");
    assertThat(history).isEmpty();
  }

  @Test
  void settingsAreToldToViewersAndHeldToOnTheOtherNode() {
    try (TestViewer viewer = TestViewer.watch(cluster.node(1), "quiet", "bob")) {
      JsonObject settings = new JsonObject().put("read_only", true);
      assertThat(moderator().method("PUT", "/streams/quiet/settings", settings).status())
          .isEqualTo(200);
      viewer.awaitMessage("settings", m -> m.getBoolean("read_only"));
      assertThat(comment("quiet", "dave").status()).isEqualTo(403);
    }
  }
}
