package io.ovation.stage;

import io.ovation.auth.Caller;
import io.vertx.core.Future;
import org.jspecify.annotations.Nullable;

/** Takes comments and reactions from every transport. Any thread. */
public interface SubmissionService {

  /**
   * Admits, validates and enqueues a comment.
   *
   * @return completes once the comment is durable; fails with {@code http.ProblemException}
   */
  Future<AcceptedComment> submitComment(CommentSubmission comment);

  /**
   * Admits, validates and counts a reaction.
   *
   * @param user as in {@link CommentSubmission#user}
   * @param count how many reactions this call stands for; null for one
   * @param id validated only; null for none
   * @return completes on the caller's context once the reaction is durable; the future is shared by
   *     all reactions that were counted together. Fails with {@code http.ProblemException}
   */
  Future<Void> submitReaction(
      Caller caller,
      String stream,
      @Nullable Object user,
      @Nullable Object kind,
      @Nullable Object count,
      @Nullable Object id);
}
