package io.ovation.queue;

/**
 * One item handed to a consumer.
 *
 * @param body the item's bytes
 * @param redelivered true when it may have been handed out before
 * @param tag the broker's number for it within {@code generation}; rises with each delivery
 * @param generation which connection it came on; an ack for an older one is ignored
 */
public record Delivery(byte[] body, boolean redelivered, long tag, long generation) {}
