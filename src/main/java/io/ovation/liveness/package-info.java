/**
 * Liveness: callbacks name objects, each is checked at its origin, and what was seen online is kept
 * as a key that expires. Object N is the stream of that name, whose viewers are told.
 */
@NullMarked
package io.ovation.liveness;

import org.jspecify.annotations.NullMarked;
