/** What outlives a process: history, offsets, epochs, TTL keys, versioned records. */
@NullMarked
package io.ovation.store;

import org.jspecify.annotations.NullMarked;
