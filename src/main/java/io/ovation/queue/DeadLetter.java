package io.ovation.queue;

import org.jspecify.annotations.Nullable;

/**
 * An item that is not retried any more.
 *
 * @param id of the dead letter, not of the item; stable until it is sent back or purged
 * @param origin the queue it was consumed from; null if a peer published it here without an origin
 * @param reason why it is not retried
 * @param stack the stack trace of the failure; null if unknown
 * @param attempts how many attempts failed; 0 if unknown
 * @param firstMs when it was enqueued or first attempted, in milliseconds since 1970
 * @param lastMs when it became a dead letter
 * @param body the item's bytes
 */
public record DeadLetter(
    String id,
    @Nullable QueueName origin,
    String reason,
    @Nullable String stack,
    int attempts,
    long firstMs,
    long lastMs,
    byte[] body) {}
