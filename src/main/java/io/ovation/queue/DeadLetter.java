package io.ovation.queue;

import org.jspecify.annotations.Nullable;

/**
 * An item that was given up.
 *
 * @param id of the dead letter, not of the item: stays the same until it is sent back or purged
 * @param origin where it was consumed; null if a stranger put it here without saying so
 * @param reason why it was given up
 * @param stack where it failed; null if nobody said
 * @param attempts how often it was tried; 0 if nobody said
 * @param firstMs when it was tried first, in milliseconds since 1970
 * @param lastMs when it was given up
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
