/** Handing results of plain threads back to Vert.x contexts. Knows nothing of the product. */
@NullMarked
package io.ovation.async;

import org.jspecify.annotations.NullMarked;
