package io.ovation.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;

/**
 * Comments of the user alice that are deleted while viewers watch, and that nothing may return
 * afterwards: no page of history, no resume, no join.
 *
 * <p>A request may fail while a node dies, and is repeated.
 */
public final class DeletionChecks {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private final Supplier<Api> author;
  private final Supplier<Api> moderator;
  private final Map<String, List<String>> deleted = new HashMap<>();

  /**
   * @param author posts the comments
   * @param moderator has a moderator's token
   */
  public DeletionChecks(Supplier<Api> author, Supplier<Api> moderator) {
    this.author = author;
    this.moderator = moderator;
  }

  private static boolean accepted(Supplier<Api.Answer> request) {
    try {
      return request.get().status() == 202;
    } catch (RuntimeException | AssertionError e) {
      return false;
    }
  }

  /** Posts a comment and waits until all of the stream's viewers have it. */
  public void post(String stream, String id, StreamViewers viewers) {
    String body = JsonObject.of("user", "alice", "text", "rude", "id", id).encode();
    Await.until(
        "the comment " + id,
        LIMIT,
        () -> accepted(() -> author.get().post("/streams/" + stream + "/comments", body)));
    viewers.of(stream).forEach(viewer -> viewer.awaitAll(List.of(id), LIMIT));
  }

  public void delete(String stream, String id) {
    String path = "/streams/" + stream + "/comments/" + id + "?user=alice";
    Await.until(
        "the deletion", LIMIT, () -> accepted(() -> moderator.get().method("DELETE", path)));
    deleted.computeIfAbsent(stream, s -> new ArrayList<>()).add(id);
  }

  /** Waits until all of the stream's viewers know of the deletion. */
  public static void await(StreamViewers viewers, String stream, String id, Duration limit) {
    viewers
        .of(stream)
        .forEach(
            viewer ->
                viewer.await(
                    "the deletion of " + id,
                    limit,
                    it -> it.all("deleted").stream().anyMatch(m -> id.equals(m.getString("id")))));
  }

  /**
   * Fails if the node returns any of the stream's.
   *
   * @param since the offset from which a viewer resumes
   */
  public void checkGone(NodeProcess node, String stream, long since) {
    List<String> gone = Objects.requireNonNull(deleted.get(stream));
    assertThat(pages(node, stream)).isNotEmpty().doesNotContainAnyElementsOf(gone);
    try (TestViewer resumed = TestViewer.resume(node, stream, "late", since);
        TestViewer joined = TestViewer.connect(node, "joined")) {
      joined.send(TestViewer.watchMessage(stream, "joined").put("last", 100));
      String id = node.api().accepted(stream, "probe", "the last one");
      for (TestViewer viewer : List.of(resumed, joined)) {
        viewer.awaitMessage("comment", comment -> id.equals(comment.getString("id")));
        assertThat(viewer.all("comment"))
            .extracting(comment -> comment.getString("id"))
            .hasSizeGreaterThan(10)
            .doesNotContainAnyElementsOf(gone);
      }
    }
  }

  /** The ids of all pages. */
  private static List<String> pages(NodeProcess node, String stream) {
    List<String> ids = new ArrayList<>();
    String path = "/streams/" + stream + "/comments?limit=100";
    JsonObject page = node.api().get(path).json();
    while (true) {
      JsonArray comments = page.getJsonArray("comments");
      for (int i = 0; i < comments.size(); i++) {
        ids.add(comments.getJsonObject(i).getString("id"));
      }
      Long next = page.getLong("before");
      if (next == null) {
        return ids;
      }
      page = node.api().get(path + "&before=" + next).json();
    }
  }
}
