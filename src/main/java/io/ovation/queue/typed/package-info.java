/**
 * Queues whose items are requests of a proto service: what the code that protoc-gen-ovation writes
 * stands on.
 */
@NullMarked
package io.ovation.queue.typed;

import org.jspecify.annotations.NullMarked;
