/** A small load generator against a running node: the command {@code load}. */
@NullMarked
package io.ovation.load;

import org.jspecify.annotations.NullMarked;
