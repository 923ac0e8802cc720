/**
 * Queue partitions to nodes: ownership, epochs, offsets, fan-out to the nodes that have viewers.
 */
@NullMarked
package io.ovation.dispatch;

import org.jspecify.annotations.NullMarked;
