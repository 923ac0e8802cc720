/** A package's life cycle, kept as one versioned record in the store. */
@NullMarked
package io.ovation.packages.state;

import org.jspecify.annotations.NullMarked;
