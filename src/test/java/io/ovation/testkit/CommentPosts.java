package io.ovation.testkit;

import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/** A number of comments, each posted once; every one of them must be accepted. */
public final class CommentPosts {
  /** Comments in flight at a time. */
  private static final int WINDOW = 50;

  private final Map<String, Set<String>> accepted = new HashMap<>();

  private CommentPosts() {}

  /** Posts round the streams, and for each stream round the nodes; returns with the last 202. */
  public static CommentPosts send(List<NodeProcess> nodes, List<String> streams, int count) {
    CommentPosts posts = new CommentPosts();
    List<CompletableFuture<Void>> window = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      String stream = streams.get(i % streams.size());
      Api api = nodes.get((i / streams.size() + i) % nodes.size()).api();
      JsonObject body = new JsonObject().put("user", "poster-" + i % 7).put("text", "text " + i);
      window.add(api.comment(stream, body).thenAccept(answer -> posts.add(stream, answer)));
      if (window.size() == WINDOW) {
        window.forEach(CompletableFuture::join);
        window.clear();
      }
    }
    window.forEach(CompletableFuture::join);
    return posts;
  }

  private synchronized void add(String stream, Api.Answer answer) {
    if (answer.status() != 202) {
      throw new AssertionError("expected 202, got " + answer);
    }
    accepted.computeIfAbsent(stream, s -> new HashSet<>()).add(answer.json().getString("id"));
  }

  /** The ids answered for a stream. */
  public synchronized Set<String> accepted(String stream) {
    return Set.copyOf(accepted.getOrDefault(stream, Set.of()));
  }
}
