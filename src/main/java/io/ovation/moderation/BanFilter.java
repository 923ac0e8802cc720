package io.ovation.moderation;

import io.ovation.live.proto.CommentRequest;
import org.jspecify.annotations.Nullable;

/**
 * What a dispatcher does with a comment that waited in the queue while its author was banned, or
 * that another producer wrote.
 */
@FunctionalInterface
public interface BanFilter {
  BanFilter NONE = comment -> comment;

  /** The comment as it may be dispatched; null if it must not be. */
  @Nullable CommentRequest admit(CommentRequest comment);

  static BanFilter of(ModerationTable table) {
    return comment -> {
      Ban.Active ban = table.ban(comment.getStream(), comment.getUser());
      if (ban == null || comment.getOnlyAuthor()) {
        return comment;
      }
      return ban.ban().silent() ? comment.toBuilder().setOnlyAuthor(true).build() : null;
    };
  }
}
