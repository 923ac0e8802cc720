package io.ovation.stage;

/**
 * A comment that is durable.
 *
 * @param id the sender's own id, or the one that it was given
 * @param held it waits for a moderator
 */
public record AcceptedComment(String id, boolean held) {}
