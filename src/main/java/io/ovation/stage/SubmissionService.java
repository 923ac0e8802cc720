package io.ovation.stage;

import io.vertx.core.Future;
import org.jspecify.annotations.Nullable;

/** The one way in for what viewers say, whichever road it came by. Any thread. */
public interface SubmissionService {

  /**
   * Admits, validates and enqueues a comment.
   *
   * @param id the sender's own id, or null to be given one
   * @return the id, once the comment is durable; fails with {@code http.ProblemException}
   */
  Future<String> comment(
      String stream, @Nullable Object user, @Nullable Object text, @Nullable Object id);

  /**
   * Admits, validates and counts a reaction.
   *
   * @param count how often at once; null for once
   * @param id checked only; null for none
   * @return completes on the caller's context once the reaction is durable; shared with all that
   *     were counted with it there. Fails with {@code http.ProblemException}
   */
  Future<Void> reaction(
      String stream,
      @Nullable Object user,
      @Nullable Object kind,
      @Nullable Object count,
      @Nullable Object id);
}
