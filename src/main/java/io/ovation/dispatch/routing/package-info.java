/** Which nodes have viewers of a partition's streams, and the batches in flight to each. */
@NullMarked
package io.ovation.dispatch.routing;

import org.jspecify.annotations.NullMarked;
