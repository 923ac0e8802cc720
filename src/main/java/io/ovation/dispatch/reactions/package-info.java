/** One partition's reactions: added to totals in the store, then broadcast once per window. */
@NullMarked
package io.ovation.dispatch.reactions;

import org.jspecify.annotations.NullMarked;
