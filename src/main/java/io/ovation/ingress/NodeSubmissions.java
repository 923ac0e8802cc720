package io.ovation.ingress;

import io.ovation.auth.Caller;
import io.ovation.stage.AcceptedComment;
import io.ovation.stage.CommentSubmission;
import io.ovation.stage.SubmissionService;
import io.vertx.core.Future;
import org.jspecify.annotations.Nullable;

/** Comments and reactions, shared by HTTP requests and the node's sockets: one limit for both. */
public record NodeSubmissions(CommentService comments, ReactionService reactions)
    implements SubmissionService {

  @Override
  public Future<AcceptedComment> submitComment(CommentSubmission comment) {
    return comments.comment(comment);
  }

  @Override
  public Future<Void> submitReaction(
      Caller caller,
      String stream,
      @Nullable Object user,
      @Nullable Object kind,
      @Nullable Object count,
      @Nullable Object id) {
    return reactions.reaction(caller, stream, user, kind, count, id);
  }
}
