package io.ovation.region;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.testkit.Await;
import io.ovation.testkit.TestRegion;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;

/** One region erases a user whose words are in all, and some in one of the others alone. */
record ErasureChecks(RegionRing ring) {
  void check() {
    for (TestRegion region : List.of(ring.b, ring.c)) {
      String own = "reviewed-" + region.name;
      RegionRing.as("moderator", region)
          .method("PUT", "/streams/" + own + "/settings", JsonObject.of("review", true));
      RegionRing.awaitComment(region, own, "erased", 202);
      RegionRing.awaitComment(region, own, "other", 202);
      awaitHeld(region, own, "erased", "other");
      region.node(0).api().accepted("everywhere", "erased", "hi");
    }
    String kept = ring.b.node(0).api().accepted("everywhere", "other", "hi");
    ring.all().forEach(region -> awaitComments(region, "everywhere", 3));
    assertThat(RegionRing.as("admin", ring.a).method("DELETE", "/users/erased").status())
        .isEqualTo(202);
    ring.all().forEach(region -> awaitComments(region, "everywhere", 1));
    assertThat(comments(ring.c, "everywhere").getJsonObject(0).getString("id")).isEqualTo(kept);
    awaitHeld(ring.b, "reviewed-b", "other");
    awaitHeld(ring.c, "reviewed-c", "other");
    // The user may write again, and what is written then stays.
    ring.a.node(0).api().accepted("everywhere", "erased", "back");
    ring.all().forEach(region -> awaitComments(region, "everywhere", 2));
  }

  private static JsonArray comments(TestRegion region, String stream) {
    return region
        .node(0)
        .api()
        .get("/streams/" + stream + "/comments")
        .json()
        .getJsonArray("comments");
  }

  private static void awaitComments(TestRegion region, String stream, int count) {
    Await.until(
        count + " comments in " + region.name,
        RegionRing.LIMIT,
        () -> comments(region, stream).size() == count);
  }

  /** The authors of the comments that wait for the region's moderators, in order. */
  private static void awaitHeld(TestRegion region, String stream, String... users) {
    Await.until(
        List.of(users) + " to be held in " + region.name,
        RegionRing.LIMIT,
        () ->
            RegionRing.as("moderator", region)
                .get("/streams/" + stream + "/held")
                .json()
                .getJsonArray("held")
                .stream()
                .map(held -> ((JsonObject) held).getString("user"))
                .toList()
                .equals(List.of(users)));
  }
}
