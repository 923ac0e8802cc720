package io.ovation.queue;

import java.time.Duration;

/**
 * What a queue holds at most; beyond either bound the oldest items are dropped.
 *
 * @param bytes of all items
 * @param age of the oldest item
 */
public record QueueBounds(long bytes, Duration age) {}
