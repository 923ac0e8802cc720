/** Which nodes have viewers of a partition's streams, and what is in flight to each node. */
@NullMarked
package io.ovation.dispatch.routing;

import org.jspecify.annotations.NullMarked;
