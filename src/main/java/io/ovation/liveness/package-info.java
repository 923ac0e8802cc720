/**
 * Liveness of the broadcaster's objects (not of this process): callbacks name objects, each object
 * is checked at the origin, and one that is online is recorded under a key that expires. Object N
 * belongs to the stream of that name, whose viewers are notified.
 */
@NullMarked
package io.ovation.liveness;

import org.jspecify.annotations.NullMarked;
