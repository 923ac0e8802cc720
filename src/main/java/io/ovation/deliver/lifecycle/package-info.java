/** Admission, heartbeats, TTL and drain of connections. */
@NullMarked
package io.ovation.deliver.lifecycle;

import org.jspecify.annotations.NullMarked;
