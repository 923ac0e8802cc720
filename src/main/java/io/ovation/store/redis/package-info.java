/** The store on Redis: one atomic script per operation, few connections, bounded waits. */
@NullMarked
package io.ovation.store.redis;

import org.jspecify.annotations.NullMarked;
