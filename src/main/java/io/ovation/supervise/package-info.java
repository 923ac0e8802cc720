/** A node's streams: registrations, recent events, gaps, viewer counts. */
@NullMarked
package io.ovation.supervise;

import org.jspecify.annotations.NullMarked;
