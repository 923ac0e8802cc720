package io.ovation.chaos;

import io.ovation.testkit.Api;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * What history said of one stream, read by read: what it had once counts, also after it dropped it.
 * One thread.
 */
final class StoredComments {
  private static final int PAGE = 100;
  private static final long END = (1L << 53) - 1;

  private final String stream;
  private final Set<Stored> all = new LinkedHashSet<>();
  private final Set<String> violations = new LinkedHashSet<>();
  private long completeFrom = Long.MAX_VALUE;

  record Stored(String id, long offset) {}

  StoredComments(String stream) {
    this.stream = stream;
  }

  /** Reads what came since the last read; keeps what it can if a node does not answer. */
  void readNew(Api api) {
    read(api, false);
  }

  /** Reads all that history has; returns whether it could. */
  boolean readAll(Api api) {
    return read(api, true);
  }

  private boolean read(Api api, boolean whole) {
    long before = END;
    while (true) {
      JsonObject page;
      try {
        Api.Answer answer =
            api.get("/streams/%s/comments?limit=%d&before=%d".formatted(stream, PAGE, before));
        if (answer.status() != 200) {
          return false;
        }
        page = answer.json();
      } catch (RuntimeException noAnswer) {
        return false;
      }
      List<Stored> comments = comments(page.getJsonArray("comments"));
      boolean met = !page(comments, before);
      Long next = page.getLong("before");
      if (next == null) {
        completeFrom = comments.isEmpty() && before == END ? 0 : Math.min(before, first(comments));
        return true;
      }
      if (met && !whole) {
        return true;
      }
      before = next;
    }
  }

  private static long first(List<Stored> comments) {
    return comments.isEmpty() ? END : comments.get(0).offset();
  }

  private static List<Stored> comments(JsonArray array) {
    List<Stored> comments = new ArrayList<>();
    for (int i = 0; i < array.size(); i++) {
      JsonObject comment = array.getJsonObject(i);
      comments.add(new Stored(comment.getString("id"), comment.getLong("offset")));
    }
    return comments;
  }

  /**
   * Takes a page.
   *
   * @param comments oldest first
   * @param before above all their offsets
   * @return whether all of it is new
   */
  boolean page(List<Stored> comments, long before) {
    boolean fresh = true;
    long last = 0;
    for (Stored comment : comments) {
      if (comment.offset() <= last || comment.offset() >= before) {
        violations.add(
            "history of %s is out of order: %d after %d and before %d"
                .formatted(stream, comment.offset(), last, before));
      }
      last = comment.offset();
      fresh &= all.add(comment);
    }
    return fresh;
  }

  /** From here on the last whole read has what history has. */
  long completeFrom() {
    return completeFrom;
  }

  void completeFrom(long offset) {
    completeFrom = offset;
  }

  Set<Stored> all() {
    return all;
  }

  List<String> violations() {
    return List.copyOf(violations);
  }
}
