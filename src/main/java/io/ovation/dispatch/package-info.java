/**
 * From the queue's partitions to the nodes that have viewers: ownership and its epochs, offsets,
 * history, fan-out between nodes. Everything of one partition runs on the dispatcher's context.
 */
@NullMarked
package io.ovation.dispatch;

import org.jspecify.annotations.NullMarked;
