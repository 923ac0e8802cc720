/** One crash-safe file per node, and the thread that commits groups of writes to it. */
@NullMarked
package io.ovation.disk;

import org.jspecify.annotations.NullMarked;
