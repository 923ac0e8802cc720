/** State that outlives a process: history, offsets, epochs, versioned records, last-seen times. */
@NullMarked
package io.ovation.store;

import org.jspecify.annotations.NullMarked;
