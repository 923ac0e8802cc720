/** Replay of missed events, from memory or from the store. */
@NullMarked
package io.ovation.supervise.history;

import org.jspecify.annotations.NullMarked;
