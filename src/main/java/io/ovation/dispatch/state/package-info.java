/** What viewers see of a partition's streams besides comments: counts, live status, totals. */
@NullMarked
package io.ovation.dispatch.state;

import org.jspecify.annotations.NullMarked;
