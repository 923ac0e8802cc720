package io.ovation.stage;

import io.vertx.core.Future;
import org.jspecify.annotations.Nullable;

/** Takes comments and reactions from every transport. Any thread. */
public interface SubmissionService {

  /**
   * Admits, validates and enqueues a comment.
   *
   * @param id the sender's own id; null to have one assigned
   * @return the id, once the comment is durable; fails with {@code http.ProblemException}
   */
  Future<String> submitComment(
      String stream, @Nullable Object user, @Nullable Object text, @Nullable Object id);

  /**
   * Admits, validates and counts a reaction.
   *
   * @param count how many reactions this call stands for; null for one
   * @param id validated only; null for none
   * @return completes on the caller's context once the reaction is durable; the future is shared by
   *     all reactions that were counted together. Fails with {@code http.ProblemException}
   */
  Future<Void> submitReaction(
      String stream,
      @Nullable Object user,
      @Nullable Object kind,
      @Nullable Object count,
      @Nullable Object id);
}
