/** Durable queues in partitions and lanes. Knows nothing of streams. */
@NullMarked
package io.ovation.queue;

import org.jspecify.annotations.NullMarked;
