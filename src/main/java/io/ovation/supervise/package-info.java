/** A node's streams: registrations, recent events, holes. */
@NullMarked
package io.ovation.supervise;

import org.jspecify.annotations.NullMarked;
