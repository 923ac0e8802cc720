/** Queues whose items are requests of a proto service: the runtime of the generated code. */
@NullMarked
package io.ovation.queue.typed;

import org.jspecify.annotations.NullMarked;
