/** Limits a user to one stream at a time, across the nodes of the cluster. */
@NullMarked
package io.ovation.supervise.watch;

import org.jspecify.annotations.NullMarked;
