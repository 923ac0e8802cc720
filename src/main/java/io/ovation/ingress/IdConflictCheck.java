package io.ovation.ingress;

import io.ovation.http.problem.Problem;
import io.ovation.live.proto.CommentRequestOrBuilder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What this node accepted under which id, for as long as the store remembers ids: the same id with
 * another content is the sender's mistake, and would be dropped silently as a repetition. Bounded;
 * the oldest are forgotten. Any thread.
 */
final class IdConflictCheck {
  private static final int STRIPES = 16;
  private static final int PER_STRIPE = 4_096;
  private static final long REMEMBERED_NANOS = TimeUnit.MINUTES.toNanos(10);

  private static final Problem CONFLICT =
      new Problem(
          409,
          "conflict",
          "id",
          "id: was used for another comment within the last 10 minutes; nothing was taken. Use a new"
              + " id for each comment, and the same one only to send the same comment again",
          0);

  private final LongSupplier nanoTime;
  private final List<Map<String, Accepted>> stripes = new ArrayList<>();

  private record Accepted(int hash, int length, long nanos) {}

  IdConflictCheck(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
    for (int i = 0; i < STRIPES; i++) {
      stripes.add(
          new LinkedHashMap<>() {
            private static final long serialVersionUID = 1L;

            @Override
            protected boolean removeEldestEntry(Map.Entry<String, Accepted> eldest) {
              return size() > PER_STRIPE;
            }
          });
    }
  }

  /** What must be the same when a comment is sent again. */
  static String content(CommentRequestOrBuilder comment) {
    return comment.getText() + '\0' + comment.getReplyTo() + '\0' + comment.getMeta();
  }

  /**
   * @throws io.ovation.http.problem.ProblemException 409 if the id was used for another comment
   */
  void requireSame(CommentRequestOrBuilder comment) {
    String identity = identity(comment);
    String content = content(comment);
    Map<String, Accepted> stripe = stripe(identity);
    @Nullable Accepted before;
    synchronized (stripe) {
      before = stripe.get(identity);
    }
    if (before != null
        && nanoTime.getAsLong() - before.nanos() < REMEMBERED_NANOS
        && (before.hash() != content.hashCode() || before.length() != content.length())) {
      throw CONFLICT.exception();
    }
  }

  /**
   * @param content of the comment as it was sent
   */
  void add(CommentRequestOrBuilder comment, String content) {
    String identity = identity(comment);
    Map<String, Accepted> stripe = stripe(identity);
    Accepted now = new Accepted(content.hashCode(), content.length(), nanoTime.getAsLong());
    synchronized (stripe) {
      stripe.remove(identity);
      stripe.put(identity, now);
    }
  }

  private Map<String, Accepted> stripe(String identity) {
    return stripes.get(Math.floorMod(identity.hashCode(), STRIPES));
  }

  private static String identity(CommentRequestOrBuilder comment) {
    return comment.getStream() + '\0' + comment.getUser() + '\0' + comment.getId();
  }
}
