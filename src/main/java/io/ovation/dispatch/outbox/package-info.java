/** Hands what this region accepted to the outboxes of the other regions. */
@NullMarked
package io.ovation.dispatch.outbox;

import org.jspecify.annotations.NullMarked;
