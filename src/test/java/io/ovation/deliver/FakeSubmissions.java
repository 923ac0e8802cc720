package io.ovation.deliver;

import io.ovation.auth.Caller;
import io.ovation.http.body.InputRules;
import io.ovation.http.problem.Problem;
import io.ovation.stage.AcceptedComment;
import io.ovation.stage.CommentSubmission;
import io.ovation.stage.SubmissionService;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** Takes comments and, unless it is held, says so at once. */
final class FakeSubmissions implements SubmissionService {
  final List<String> taken = new CopyOnWriteArrayList<>();
  volatile String newId = "";
  private final Deque<Promise<AcceptedComment>> waiting = new ArrayDeque<>();
  private boolean held;
  private @Nullable Throwable failure;

  @Override
  public synchronized Future<AcceptedComment> submitComment(CommentSubmission comment) {
    newId = comment.newId();
    if (failure != null) {
      return Future.failedFuture(failure);
    }
    String fault = InputRules.textFault(comment.text());
    if (fault != null) {
      return Future.failedFuture(Problem.invalid("text", fault).exception());
    }
    taken.add(comment.stream() + "/" + comment.user() + "/" + comment.text());
    Promise<AcceptedComment> promise = Promise.promise();
    waiting.add(promise);
    if (!held) {
      release(comment.id() == null ? comment.newId() : comment.id());
    }
    return promise.future();
  }

  @Override
  public synchronized Future<Void> submitReaction(
      Caller caller,
      String stream,
      @Nullable Object user,
      @Nullable Object kind,
      @Nullable Object count,
      @Nullable Object id) {
    if (!"like".equals(kind)) {
      return Future.failedFuture(Problem.invalid("kind", "must be like").exception());
    }
    taken.add(stream + "/" + user + "/" + kind + "/" + count);
    return Future.succeededFuture();
  }

  /** Refuses all comments from now on. */
  synchronized void refuse(String field, String why) {
    fail(Problem.invalid(field, why).exception());
  }

  /** The same, for a reason of one's own. */
  synchronized void fail(Throwable failure) {
    this.failure = failure;
  }

  synchronized void hold() {
    held = true;
  }

  synchronized int waiting() {
    return waiting.size();
  }

  private void release(Object id) {
    waiting.remove().complete(new AcceptedComment(String.valueOf(id), false));
  }
}
