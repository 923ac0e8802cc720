package io.ovation.queue;

/**
 * One item delivered to a consumer.
 *
 * @param body the item's bytes
 * @param redelivered true when it may have been delivered before
 * @param tag the broker's number for it within {@code generation}; increases with each delivery
 * @param generation which connection it came on; acks for an earlier connection are ignored
 */
public record Delivery(byte[] body, boolean redelivered, long tag, long generation) {}
