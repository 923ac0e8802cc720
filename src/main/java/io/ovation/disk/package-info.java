/** One crash-safe file per node and the thread that syncs it for everybody at once. */
@NullMarked
package io.ovation.disk;

import org.jspecify.annotations.NullMarked;
