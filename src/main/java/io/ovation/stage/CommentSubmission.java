package io.ovation.stage;

import io.ovation.auth.Caller;
import org.jspecify.annotations.Nullable;

/**
 * A comment as it was sent, not validated yet.
 *
 * @param user that the body names; with a token the token's user, or null
 * @param id the sender's own id; null to have one assigned
 */
public record CommentSubmission(
    Caller caller,
    String stream,
    @Nullable Object user,
    @Nullable Object text,
    @Nullable Object id) {}
