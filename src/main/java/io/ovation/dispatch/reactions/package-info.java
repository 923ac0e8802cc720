/** One partition's reactions: added to totals, then broadcast once per window. */
@NullMarked
package io.ovation.dispatch.reactions;

import org.jspecify.annotations.NullMarked;
