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
 * What this node accepts under which id, from the moment it is asked to and for as long as the
 * store remembers ids: the same id with another content is the sender's mistake, and would be
 * dropped silently as a repetition. Bounded; the oldest are forgotten. Any thread.
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
  private final List<Map<String, Use>> stripes = new ArrayList<>();

  /** One content under an id. Guarded by its stripe. */
  private static final class Use {
    final int hash;
    final int length;

    /** Comments that are not durable yet, and may fail. */
    int inFlight;

    /** When the last of them became durable; null if none did. */
    @Nullable Long acceptedAt;

    Use(String content) {
      hash = content.hashCode();
      length = content.length();
    }

    boolean isOf(String content) {
      return hash == content.hashCode() && length == content.length();
    }
  }

  IdConflictCheck(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
    for (int i = 0; i < STRIPES; i++) {
      stripes.add(
          new LinkedHashMap<>() {
            private static final long serialVersionUID = 1L;

            @Override
            protected boolean removeEldestEntry(Map.Entry<String, Use> eldest) {
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
   * Claims the comment's id for its content, until {@link #settle}.
   *
   * @throws io.ovation.http.problem.ProblemException 409 if the id is used for another comment
   */
  void claim(CommentRequestOrBuilder comment) {
    String identity = identity(comment);
    String content = content(comment);
    Map<String, Use> stripe = stripe(identity);
    synchronized (stripe) {
      @Nullable Use use = stripe.get(identity);
      if (use == null || isForgotten(use)) {
        use = put(stripe, identity, content);
      } else if (!use.isOf(content)) {
        throw CONFLICT.exception();
      }
      use.inFlight++;
    }
  }

  /**
   * Ends the claim of a comment. One that failed leaves its id free.
   *
   * @param content of the comment as it was when its id was claimed
   */
  void settle(CommentRequestOrBuilder comment, String content, boolean accepted) {
    String identity = identity(comment);
    Map<String, Use> stripe = stripe(identity);
    synchronized (stripe) {
      // It may have been forgotten meanwhile, or be another's.
      @Nullable Use use = stripe.get(identity);
      int inFlight = 0;
      boolean free = false;
      if (use != null && use.isOf(content)) {
        inFlight = Math.max(0, --use.inFlight);
        free = inFlight == 0 && use.acceptedAt == null;
      }
      if (accepted) {
        Use newest = put(stripe, identity, content);
        newest.inFlight = inFlight;
        newest.acceptedAt = nanoTime.getAsLong();
      } else if (free) {
        stripe.remove(identity);
      }
    }
  }

  private static Use put(Map<String, Use> stripe, String identity, String content) {
    Use use = new Use(content);
    stripe.remove(identity); // so that it is the newest
    stripe.put(identity, use);
    return use;
  }

  private boolean isForgotten(Use use) {
    Long acceptedAt = use.acceptedAt;
    return use.inFlight <= 0
        && acceptedAt != null
        && nanoTime.getAsLong() - acceptedAt >= REMEMBERED_NANOS;
  }

  private Map<String, Use> stripe(String identity) {
    return stripes.get(Math.floorMod(identity.hashCode(), STRIPES));
  }

  private static String identity(CommentRequestOrBuilder comment) {
    return comment.getStream() + '\0' + comment.getUser() + '\0' + comment.getId();
  }
}
