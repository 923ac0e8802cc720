/** Consumes typed items: ordering, attempts, retries, dead letters. */
@NullMarked
package io.ovation.queue.typed.consumer;

import org.jspecify.annotations.NullMarked;
