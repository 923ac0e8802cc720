/** The queue of a node alone: a durable log on the local disk. */
@NullMarked
package io.ovation.queue.embedded;

import org.jspecify.annotations.NullMarked;
