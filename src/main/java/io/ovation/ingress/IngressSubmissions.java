package io.ovation.ingress;

import io.ovation.stage.SubmissionService;
import io.vertx.core.Future;
import org.jspecify.annotations.Nullable;

/** Both ways in: comments one by one, reactions counted. */
public record IngressSubmissions(CommentService comments, ReactionService reactions)
    implements SubmissionService {

  @Override
  public Future<String> submitComment(
      String stream, @Nullable Object user, @Nullable Object text, @Nullable Object id) {
    return comments.comment(stream, user, text, id);
  }

  @Override
  public Future<Void> submitReaction(
      String stream,
      @Nullable Object user,
      @Nullable Object kind,
      @Nullable Object count,
      @Nullable Object id) {
    return reactions.reaction(stream, user, kind, count, id);
  }
}
