/** Enqueues typed requests. */
@NullMarked
package io.ovation.queue.typed.producer;

import org.jspecify.annotations.NullMarked;
