/**
 * Consumes typed items for liveness, packages and users of the library: ordering, attempts,
 * retries, dead letters. Comments and reactions do not pass through here: dispatch consumes the
 * broker itself.
 */
@NullMarked
package io.ovation.queue.typed.consumer;

import org.jspecify.annotations.NullMarked;
