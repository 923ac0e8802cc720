/**
 * From the queue's partitions to the nodes that have viewers. {@link
 * io.ovation.dispatch.OwnedPartitions} takes and retakes partitions; a {@code PartitionOwner} is
 * one ownership under one epoch. A comment batch is acked on the queue when it is in history (or
 * history is skipped because the store is unavailable), every node with viewers of it has answered
 * or is suspended, the outboxes of the other regions have it, and its undecodable items are
 * dead-lettered. Everything of one partition runs on the dispatcher's context.
 */
@NullMarked
package io.ovation.dispatch;

import org.jspecify.annotations.NullMarked;
