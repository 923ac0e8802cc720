/** Fan-out to a stream's viewers on one event loop: rooms, batches, cursors. */
@NullMarked
package io.ovation.deliver.fanout;

import org.jspecify.annotations.NullMarked;
