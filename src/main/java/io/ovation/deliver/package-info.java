/** Connections and rooms, one shard per event loop. */
@NullMarked
package io.ovation.deliver;

import org.jspecify.annotations.NullMarked;
