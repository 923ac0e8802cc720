/** The store in the node's own crash-safe file, for a node alone. */
@NullMarked
package io.ovation.store.embedded;

import org.jspecify.annotations.NullMarked;
