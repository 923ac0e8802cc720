package io.ovation.bus;

import io.vertx.core.Future;
import org.jspecify.annotations.Nullable;

/** The one way in for what viewers say, whichever road it came by. */
public interface Intake {

  /**
   * Admits, validates and enqueues a comment.
   *
   * @param id the sender's own id, or null to be given one
   * @return the id, once the comment is durable; fails with {@code http.ProblemException}
   */
  Future<String> comment(
      String stream, @Nullable Object user, @Nullable Object text, @Nullable Object id);
}
